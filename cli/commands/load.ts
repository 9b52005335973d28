import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { waitForCatchUp } from "../load/catch-up.ts";
import { runLoad } from "../load/load.ts";
import { formatSecond, formatSummary, plotLoad } from "../load/report.ts";
import { parseLoadSettings } from "../load/settings.ts";
import { readStackOutputs } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

const PLOT_FILE = ".plinth/load.svg";

/**
 * `make load`: sends requests to the high-load service of the stack, or to the one at `BASE`.
 * Prints requests a second, latencies, errors, pool and lag, and draws them into a file. Exit code
 * 1 when a request was refused or unanswered, or when events stay unprocessed.
 */
await main(async (stack) => {
  const settings = await parseLoadSettings(process.env, async () => (await readStackOutputs(stack)).endpoints.highload);
  const { base, connections, seconds, rate } = settings;
  console.log(
    `${base}: ${connections} connections, ${seconds} s, ${rate === undefined ? "as fast as it answers" : `${rate} requests/s`}`,
  );
  const result = await runLoad(settings, (second, number) => console.log(formatSecond(second, number)));
  const catchUpMs = await waitForCatchUp(base);
  console.log(`\n${formatSummary(result, catchUpMs)}`);
  const file = join(root, PLOT_FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, plotLoad(base, result));
  console.log(`\n${PLOT_FILE} has the curves.`);
  const rejected = [...result.rejected.values()].reduce((sum, count) => sum + count, 0);
  return rejected + result.unanswered > 0 || catchUpMs === false ? 1 : 0;
});
