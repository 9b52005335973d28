import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LogFilter, parseLogFilter, selectServices } from "../logs/filter.ts";
import { LogFile, listLogs } from "../logs/log-file.ts";
import type { LogRecord } from "../logs/log-record.ts";
import { PodLogs } from "../logs/pod-logs.ts";
import { renderRecord, supportsColour } from "../logs/render.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

/** Lines of each process that are shown of what was there before; all of them with SINCE. */
const RECENT_LINES = 30;
/** So many of a container are looked through for them. */
const POD_TAIL_LINES = 2000;
const POLL_MS = 100;

/**
 * `make logs`: the last lines of each log, in the order of their times, then what is added, until
 * Ctrl-C; without a terminal only the last lines.
 */
await main(async (stack) => {
  const filter = parseLogFilter(process.env);
  const where = await readStackLocation(stack);
  if ("context" in where) await followPods(await PodLogs.connect(where), filter);
  else await followFiles(join(where.directory, "logs"), filter);
  return 0;
});

async function followFiles(folder: string, filter: LogFilter): Promise<void> {
  const names = selectServices(filter.services, listLogs(folder));
  const files = names.map((name) => new LogFile(folder, name));
  const show = createPrinter(names, filter);
  show(files.flatMap((file) => recentRecords(file.readHistory(filter.since), filter)));
  // A pager or a script wants the lines, not to wait for ever.
  while (process.stdout.isTTY) {
    await sleep(POLL_MS);
    show(files.flatMap((file) => file.readAdded()));
  }
}

async function followPods(pods: PodLogs, filter: LogFilter): Promise<void> {
  const names = selectServices(filter.services, await pods.listServices());
  const show = createPrinter(names, filter);
  const before = Map.groupBy(await pods.readHistory(names, filter.since, POD_TAIL_LINES), ({ service }) => service);
  show([...before.values()].flatMap((records) => recentRecords(records, filter)));
  if (!process.stdout.isTTY) return;
  const ended = new AbortController();
  process.once("SIGINT", () => ended.abort());
  const added: LogRecord[] = [];
  const timer = setInterval(() => show(added.splice(0)), POLL_MS);
  await pods.follow(names, (record) => added.push(record), ended.signal).finally(() => clearInterval(timer));
}

function recentRecords(records: LogRecord[], { since, matches }: LogFilter): LogRecord[] {
  return records.filter(matches).slice(since === undefined ? -RECENT_LINES : 0);
}

function createPrinter(names: string[], { matches }: LogFilter): (records: LogRecord[]) => void {
  const style = { colours: supportsColour(process.stdout), nameWidth: Math.max(...names.map((name) => name.length)) };
  const raw = process.env.RAW === "1";
  return (records) => {
    // Stable: lines of one process stay in the order in which it wrote them.
    for (const record of records.filter(matches).toSorted((a, b) => a.time - b.time))
      console.log(raw ? record.raw : renderRecord(record, style));
  };
}
