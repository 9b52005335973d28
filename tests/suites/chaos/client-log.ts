import { readFileSync } from "node:fs";

/** One line of a client's log, which is all that the checker knows of the client. */
export type LogEntry =
  /**
   * Written before a request. Order is promised for each `key`; `sequence` is the request's
   * position there, from 0; `attempt` counts its attempts.
   */
  | { at: "begun"; key: string; sequence: number; attempt: number }
  /** The service promised to keep it under this id. Only then does the key's next request begin. */
  | { at: "acknowledged"; key: string; sequence: number; attempt: number; id: string }
  /** Refused or unanswered: it may have taken effect or not, but not in part. */
  | { at: "unknown"; key: string; sequence: number; attempt: number; why: string };

/** Reads a file with one JSON object a line. */
export function readLog(path: string): LogEntry[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogEntry);
}

/** The text that a request carries into its row and its event. */
export function requestName({ key, sequence, attempt }: Pick<LogEntry, "key" | "sequence" | "attempt">): string {
  return `${key}/${sequence}/${attempt}`;
}
