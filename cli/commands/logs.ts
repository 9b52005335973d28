import { join } from "node:path";
import { parseLogFilter } from "../logs/filter.ts";
import { followFiles, followPods } from "../logs/follow.ts";
import { PodLogs } from "../logs/pod-logs.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

/**
 * `make logs`: the last lines of each log in the order of their times, then every line that is
 * added, until Ctrl-C. Without a terminal it prints the last lines and ends.
 */
await main(async (stack) => {
  const filter = parseLogFilter(process.env);
  const location = await readStackLocation(stack);
  if ("context" in location) await followPods(await PodLogs.connect(location), filter);
  else await followFiles(join(location.directory, "logs"), filter);
  return 0;
});
