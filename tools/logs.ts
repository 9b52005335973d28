import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { directoryOf } from "./endpoints.ts";
import { LogFile, logNames } from "./logs/files.ts";
import { logFilter } from "./logs/filter.ts";
import type { LogRecord } from "./logs/record.ts";
import { renderRecord, wantsColours } from "./logs/render.ts";
import { main } from "./main.ts";

/** Lines of each process that are shown of what was there before; all of them with SINCE. */
const LINES = 30;
const POLL_MS = 100;

/** `make logs`: the last lines of each log, in the order of their times, then what is added, until Ctrl-C; without a terminal only the last lines. */
await main(async (stack) => {
  const filter = logFilter(process.env);
  const folder = join(await directoryOf(stack), "logs");
  const names = chosen(filter.services, logNames(folder));
  const files = names.map((name) => new LogFile(folder, name));
  const style = { colours: wantsColours(process.stdout), width: Math.max(...names.map((name) => name.length)) };
  const raw = process.env.RAW === "1";
  const show = (records: LogRecord[]) => {
    // Stable: lines of one process stay in the order in which it wrote them.
    for (const record of records.toSorted((a, b) => a.time - b.time)) console.log(raw ? record.raw : renderRecord(record, style));
  };
  const last = filter.since === undefined ? -LINES : 0;
  show(files.flatMap((file) => file.history(filter.since).filter(filter.matches).slice(last)));
  // A pager or a script wants the lines, not to wait for ever.
  while (process.stdout.isTTY) {
    await sleep(POLL_MS);
    show(files.flatMap((file) => file.added().filter(filter.matches)));
  }
  return 0;
});

function chosen(wanted: string[], all: string[]): string[] {
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`There is no process '${unknown}'; those with logs are ${all.join(", ")}`);
  return wanted.length > 0 ? wanted : all;
}
