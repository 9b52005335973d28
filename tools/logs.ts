import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { location } from "./endpoints.ts";
import { LogFile, logNames } from "./logs/files.ts";
import { chosen, type LogFilter, logFilter } from "./logs/filter.ts";
import { PodLogs } from "./logs/pods.ts";
import type { LogRecord } from "./logs/record.ts";
import { renderRecord, wantsColours } from "./logs/render.ts";
import { main } from "./main.ts";

/** Lines of each process that are shown of what was there before; all of them with SINCE. */
const LINES = 30;
/** So many of a container are looked through for them. */
const POD_LINES = 2000;
const POLL_MS = 100;

/** `make logs`: the last lines of each log, in the order of their times, then what is added, until Ctrl-C; without a terminal only the last lines. */
await main(async (stack) => {
  const filter = logFilter(process.env);
  const where = await location(stack);
  if ("context" in where) await ofPods(await PodLogs.of(where), filter);
  else await ofFiles(join(where.directory, "logs"), filter);
  return 0;
});

async function ofFiles(folder: string, filter: LogFilter): Promise<void> {
  const names = chosen(filter.services, logNames(folder));
  const files = names.map((name) => new LogFile(folder, name));
  const show = shower(names, filter);
  show(files.flatMap((file) => last(file.history(filter.since), filter)));
  // A pager or a script wants the lines, not to wait for ever.
  while (process.stdout.isTTY) {
    await sleep(POLL_MS);
    show(files.flatMap((file) => file.added()));
  }
}

async function ofPods(pods: PodLogs, filter: LogFilter): Promise<void> {
  const names = chosen(filter.services, await pods.names());
  const show = shower(names, filter);
  const before = Map.groupBy(await pods.history(names, filter.since, POD_LINES), ({ service }) => service);
  show([...before.values()].flatMap((records) => last(records, filter)));
  if (!process.stdout.isTTY) return;
  const ended = new AbortController();
  process.once("SIGINT", () => ended.abort());
  const added: LogRecord[] = [];
  const timer = setInterval(() => show(added.splice(0)), POLL_MS);
  await pods.follow(names, (record) => added.push(record), ended.signal).finally(() => clearInterval(timer));
}

function last(records: LogRecord[], { since, matches }: LogFilter): LogRecord[] {
  return records.filter(matches).slice(since === undefined ? -LINES : 0);
}

function shower(names: string[], { matches }: LogFilter): (records: LogRecord[]) => void {
  const style = { colours: wantsColours(process.stdout), width: Math.max(...names.map((name) => name.length)) };
  const raw = process.env.RAW === "1";
  return (records) => {
    // Stable: lines of one process stay in the order in which it wrote them.
    for (const record of records.filter(matches).toSorted((a, b) => a.time - b.time))
      console.log(raw ? record.raw : renderRecord(record, style));
  };
}
