import { setTimeout as sleep } from "node:timers/promises";
import { fileSize, LogReader } from "../../../supervisor/logs.ts";

const POLL_MS = 250;
/** Characters of a line that are shown. */
const MAX_LINE = 65_536;
/** No secret is longer. */
const MAX_SECRET = 8192;

type Mask = (text: string) => string;

/** The last bytes of a file, from the beginning of a line, with secrets masked. */
export function readEnd(path: string, bytes: number, mask: Mask): string {
  const start = Math.max(0, fileSize(path) - bytes);
  const text = new LogReader(path, start).readAdded();
  if (start === 0) return mask(text);
  // What was cut at its beginning may be half a secret, which no mask would know.
  const begin = text.indexOf("\n") + 1;
  return mask(text.slice(begin > 0 ? begin : MAX_SECRET));
}

/** The last bytes, then what is added, until `signal` aborts: whole lines, the long ones cut. */
export async function* followFile(
  path: string,
  bytes: number,
  mask: Mask,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reader = new LogReader(path, fileSize(path));
  const end = readEnd(path, bytes, mask);
  if (end !== "") yield end;
  const cutter = new LineCutter(mask);
  for (; !signal.aborted; await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)) {
    const text = cutter.add(reader.readAdded());
    if (text !== "") yield text;
  }
}

/** Masks whole lines. Of a long one the rest is dropped, as a secret may lie across any cut. */
class LineCutter {
  private readonly mask: Mask;
  private rest = "";
  private isSkipping = false;

  constructor(mask: Mask) {
    this.mask = mask;
  }

  /** @returns what can be shown now */
  add(text: string): string {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop()!;
    let shown = "";
    for (const line of lines) {
      if (this.isSkipping) this.isSkipping = false;
      else shown += line.length > MAX_LINE ? this.cut(line) : `${this.mask(line)}\n`;
    }
    if (this.isSkipping) this.rest = "";
    if (this.rest.length < MAX_LINE + MAX_SECRET) return shown;
    shown += this.cut(this.rest);
    this.rest = "";
    this.isSkipping = true;
    return shown;
  }

  private cut(line: string): string {
    return `${this.mask(line.slice(0, MAX_LINE + MAX_SECRET)).slice(0, MAX_LINE)}… (cut)\n`;
  }
}
