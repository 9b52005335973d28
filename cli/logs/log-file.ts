import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileSize } from "@plinth/local/supervisor/logs.ts";
import { type LogRecord, parseLogLine } from "./log-record.ts";

/** Suffixes of rotated logs, the oldest first. */
const ROTATIONS = [3, 2, 1];

/** Names of the processes that have logs in this folder. */
export function listLogs(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .map((name) => basename(name, ".log"))
    .sort();
}

/** One process's log across rotations: first its history, then what is added. */
export class LogFile {
  private readonly service: string;
  private readonly file: string;
  private position = 0;
  private previous: LogRecord | undefined;

  constructor(folder: string, service: string) {
    this.service = service;
    this.file = join(folder, `${service}.log`);
  }

  /** Skips everything that is there. */
  skipToEnd(): void {
    this.position = fileSize(this.file);
  }

  /** The records so far. With `since`, also those of rotated logs that were written after it. */
  readHistory(since: number | undefined): LogRecord[] {
    const old = ROTATIONS.map((n) => `${this.file}.${n}`).filter(
      (path) => since !== undefined && existsSync(path) && statSync(path).mtimeMs >= since,
    );
    return [...old.flatMap((path) => this.parse(readBytes(path, 0, statSync(path).size))), ...this.readAdded()];
  }

  /** Complete lines that were added since the last call, also after a rotation. */
  readAdded(): LogRecord[] {
    // The size is 0 before the first start of the process.
    const size = fileSize(this.file);
    if (size < this.position) this.position = 0;
    if (size === this.position) return [];
    const added = readBytes(this.file, this.position, size);
    // An incomplete line is read later, as a whole.
    const whole = added.subarray(0, added.lastIndexOf(10) + 1);
    this.position += whole.length;
    return this.parse(whole);
  }

  private parse(text: Buffer): LogRecord[] {
    return text
      .toString("utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => {
        this.previous = parseLogLine(this.service, line, this.previous);
        return this.previous;
      });
  }
}

function readBytes(path: string, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from);
  const file = openSync(path, "r");
  try {
    return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from));
  } finally {
    closeSync(file);
  }
}
