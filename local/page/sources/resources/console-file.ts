import { setTimeout as sleep } from "node:timers/promises";
import { fileSize, LogReader } from "../../../supervisor/logs.ts";

const POLL_MS = 250;

/** The last bytes of a file, from the beginning of a line. */
export function readEnd(path: string, bytes: number): string {
  const start = Math.max(0, fileSize(path) - bytes);
  const text = new LogReader(path, start).readAdded();
  return start === 0 ? text : text.slice(text.indexOf("\n") + 1);
}

/** The last bytes, then what is added, until `signal` aborts; whole lines while they are short. */
export async function* followFile(path: string, bytes: number, signal: AbortSignal): AsyncGenerator<string> {
  const end = readEnd(path, bytes);
  const reader = new LogReader(path, fileSize(path));
  if (end !== "") yield end;
  let rest = "";
  for (; !signal.aborted; await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)) {
    const text = rest + reader.readAdded();
    const cut = text.length > 65_536 ? text.length : text.lastIndexOf("\n") + 1;
    rest = text.slice(cut);
    if (cut > 0) yield text.slice(0, cut);
  }
}
