import { setTimeout as sleep } from "node:timers/promises";
import { supportsColour } from "../terminal/colour.ts";
import { type LogFilter, selectServices } from "./filter.ts";
import { LogFile, listLogs } from "./log-file.ts";
import type { LogRecord } from "./log-record.ts";
import type { PodLogs } from "./pod-logs.ts";
import { renderRecord } from "./render.ts";

/** Earlier lines of each process that are printed first; with SINCE, all since then. */
const RECENT_LINES = 30;
/** Lines of a container among which the filter looks for those. */
const POD_TAIL_LINES = 2000;
const POLL_MS = 100;

/** Prints the logs of processes, which the supervisor writes into `folder`. */
export async function followFiles(folder: string, filter: LogFilter): Promise<void> {
  const names = selectServices(filter.services, listLogs(folder));
  const files = names.map((name) => new LogFile(folder, name));
  const show = createPrinter(names, filter);
  show(files.flatMap((file) => recentRecords(file.readHistory(filter.since), filter)));
  // A pager or a script wants the lines without waiting for more.
  while (process.stdout.isTTY) {
    await sleep(POLL_MS);
    show(files.flatMap((file) => file.readAdded()));
  }
}

/** Prints the logs of pods until Ctrl-C. */
export async function followPods(pods: PodLogs, filter: LogFilter): Promise<void> {
  const names = selectServices(filter.services, await pods.listServices());
  const show = createPrinter(names, filter);
  const history = Map.groupBy(await pods.readHistory(names, filter.since, POD_TAIL_LINES), ({ service }) => service);
  show([...history.values()].flatMap((records) => recentRecords(records, filter)));
  if (!process.stdout.isTTY) return;
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const added: LogRecord[] = [];
  const timer = setInterval(() => show(added.splice(0)), POLL_MS);
  await pods.follow(names, (record) => added.push(record), stop.signal).finally(() => clearInterval(timer));
}

function recentRecords(records: LogRecord[], { since, matches }: LogFilter): LogRecord[] {
  return records.filter(matches).slice(since === undefined ? -RECENT_LINES : 0);
}

function createPrinter(names: string[], { matches }: LogFilter): (records: LogRecord[]) => void {
  const style = { colours: supportsColour(process.stdout), nameWidth: Math.max(...names.map((name) => name.length)) };
  const raw = process.env.RAW === "1";
  return (records) => {
    // A stable sort: lines of one process stay in the order in which it wrote them.
    for (const record of records.filter(matches).toSorted((a, b) => a.time - b.time))
      console.log(raw ? record.raw : renderRecord(record, style));
  };
}
