import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "@plinth/local/locations.ts";
import { eventLag, type LoadResult, runLoad, type SecondStats } from "../load/load.ts";
import { renderPlot } from "../load/plot.ts";
import { parseLoadSettings } from "../load/settings.ts";
import { readStackOutputs } from "../stack/outputs.ts";
import { readMetrics } from "../stack/service-metrics.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

const CATCH_UP_TIMEOUT_MS = 60_000;
const PLOT_FILE = ".plinth/load.svg";

/**
 * `make load`: requests to the high-load service of the stack, or to the one at `BASE`. Prints
 * requests a second, latencies, errors, its pool and its lag, and draws them into a file. Exit code
 * 1 when a request was refused or unanswered, or the events were not processed in the end.
 */
await main(async (stack) => {
  const settings = await parseLoadSettings(process.env, async () => (await readStackOutputs(stack)).endpoints.highload);
  const { base, connections, seconds, rate } = settings;
  console.log(
    `${base}: ${connections} connections, ${seconds} s, ${rate === undefined ? "as fast as it answers" : `${rate} requests/s`}`,
  );
  const result = await runLoad(settings, (second, number) => console.log(formatSecond(second, number)));
  const caughtUp = await waitForCatchUp(base);
  console.log(`\n${formatSummary(result, caughtUp)}`);
  const file = join(root, PLOT_FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, plotLoad(base, result));
  console.log(`\n${PLOT_FILE} has the curves.`);
  const refused = [...result.rejected.values()].reduce((sum, count) => sum + count, 0);
  return refused + result.unanswered > 0 || caughtUp === false ? 1 : 0;
});

function formatSecond({ requests, errors, p50, p95, p99, poolUsage, eventLag }: SecondStats, number: number): string {
  const facts = [
    `${number} s`.padStart(5),
    `${requests} req/s`.padStart(12),
    `p50 ${formatMs(p50)}  p95 ${formatMs(p95)}  p99 ${formatMs(p99)}`,
    `errors ${errors}`,
  ];
  if (poolUsage)
    facts.push(
      `pool ${poolUsage.used}/${poolUsage.max}${poolUsage.waiting > 0 ? ` +${poolUsage.waiting} waiting` : ""}`,
    );
  if (eventLag !== undefined) facts.push(`lag ${eventLag}`);
  return facts.join("  ");
}

function formatSummary(result: LoadResult, caughtUp: number | false | undefined): string {
  const { seconds, rejected, unanswered, requests } = result;
  const pools = seconds.flatMap(({ poolUsage }) => (poolUsage ? [poolUsage] : []));
  const lags = seconds.flatMap(({ eventLag }) => (eventLag === undefined ? [] : [eventLag]));
  const most = (values: number[]) => Math.max(0, ...values);
  const behind =
    caughtUp === false
      ? `not caught up after ${CATCH_UP_TIMEOUT_MS / 1000} s`
      : `caught up ${((caughtUp ?? 0) / 1000).toFixed(1)} s after the end`;
  const errors = [...rejected]
    .map(([status, count]) => `${count} × ${status}`)
    .concat(unanswered > 0 ? [`${unanswered} unanswered`] : []);
  return formatTable(
    ["what", "value"],
    [
      ["requests", String(requests)],
      ["RPS", result.rps.toFixed(0)],
      ["P50", formatMs(result.p50)],
      ["P95", formatMs(result.p95)],
      ["P99", formatMs(result.p99)],
      ["errors", errors.length > 0 ? errors.join(", ") : "0"],
      [
        "pool",
        pools.length > 0
          ? `${most(pools.map(({ used }) => used))} of ${pools[0]!.max} used at most, ${most(pools.map(({ waiting }) => waiting))} waiting`
          : "no metric says",
      ],
      ["lag", lags.length > 0 ? `${most(lags)} events at most, ${behind}` : "no metric says"],
    ],
  );
}

/**
 * Milliseconds until every event was processed; false when that took too long, undefined where no
 * metric says.
 */
async function waitForCatchUp(base: string): Promise<number | false | undefined> {
  for (const begun = Date.now(); ; await sleep(100)) {
    const lag = eventLag(await readMetrics(base));
    if (lag === undefined) return undefined;
    if (lag === 0) return Date.now() - begun;
    if (Date.now() - begun > CATCH_UP_TIMEOUT_MS) return false;
  }
}

function plotLoad(base: string, { seconds }: LoadResult): string {
  const curve = (name: string, colour: string, of: (second: SecondStats) => number) => ({
    name,
    colour,
    values: seconds.map(of),
  });
  return renderPlot(`Load on ${base}`, [
    {
      title: "Requests a second",
      curves: [curve("RPS", "#1f77b4", ({ requests }) => requests), curve("errors", "#d62728", ({ errors }) => errors)],
    },
    {
      title: "Latency, ms",
      curves: [
        curve("P50", "#2ca02c", ({ p50 }) => p50),
        curve("P95", "#ff7f0e", ({ p95 }) => p95),
        curve("P99", "#d62728", ({ p99 }) => p99),
      ],
    },
    { title: "Events not yet processed", curves: [curve("lag", "#9467bd", ({ eventLag }) => eventLag ?? 0)] },
  ]);
}

function formatMs(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
