import { closeSync, copyFileSync, existsSync, openSync, readSync, renameSync, statSync, truncateSync } from "node:fs";

/** Rotated logs that are kept: `x.log.1` is the newest. */
const KEPT_ROTATIONS = 3;

export const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Opens a log for appending, so that writing goes on at the beginning of a truncated file. */
export function openLog(path: string): number {
  return openSync(path, "a", 0o600);
}

export function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Copies and truncates, because the process keeps its file open. Lines that it writes between the
 * two are lost.
 */
export function rotateLog(path: string, limit: number): void {
  if (fileSize(path) <= limit) return;
  for (let n = KEPT_ROTATIONS; n > 1; n--) {
    if (existsSync(`${path}.${n - 1}`)) renameSync(`${path}.${n - 1}`, `${path}.${n}`);
  }
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

/** Reads the text added since the last call; starts over when the file was truncated. */
export class LogReader {
  private readonly path: string;
  private position: number;

  constructor(path: string, position: number) {
    this.path = path;
    this.position = position;
  }

  readAdded(): string {
    const size = fileSize(this.path);
    if (size < this.position) this.position = 0;
    const text = readSlice(this.path, this.position, Math.min(size - this.position, 1 << 20));
    this.position += Buffer.byteLength(text, "latin1");
    return Buffer.from(text, "latin1").toString("utf8");
  }
}

/**
 * The last lines written since byte `from`, with the given secrets and the passwords of addresses
 * replaced.
 */
export function readTail(path: string, from: number, lines: number, secrets: string[]): string[] {
  const size = fileSize(path);
  const begin = size < from ? 0 : from;
  const start = Math.max(begin, size - 16_384);
  const text = Buffer.from(readSlice(path, start, size - start), "latin1").toString("utf8");
  // What was cut at its beginning may be half a secret.
  const whole = start === begin ? text : text.slice(text.indexOf("\n") + 1 || text.length / 2);
  return redact(whole, secrets)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !/^\s+at .*\(?node:internal|^Node\.js v/.test(line))
    .slice(-lines)
    .map((line) => (line.length > 300 ? `${line.slice(0, 300)}…` : line));
}

export function redact(text: string, secrets: string[]): string {
  const known = secrets
    .filter((secret) => secret.length >= 3)
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  return known.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi, "$1***@");
}

/** As latin1, so that one character is one byte. */
function readSlice(path: string, start: number, length: number): string {
  if (length <= 0 || !existsSync(path)) return "";
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(length);
    return buffer.toString("latin1", 0, readSync(file, buffer, 0, length, start));
  } finally {
    closeSync(file);
  }
}
