import { readFileSync } from "node:fs";

/**
 * One line of what a client wrote down while it worked. Nothing else of the client is needed to
 * judge what became of its requests.
 */
export type LogEntry =
  /**
   * About to be sent. `key` is what order is promised for; `sequence` its place there, from 0;
   * `attempt` counts the tries at that place.
   */
  | { at: "begun"; key: string; sequence: number; attempt: number }
  /**
   * The service has promised that it is kept, under this id. The next of its key is begun only
   * after this.
   */
  | { at: "acknowledged"; key: string; sequence: number; attempt: number; id: string }
  /** No promise: refused, or nothing was heard. It may have been done or not, but not by halves. */
  | { at: "unknown"; key: string; sequence: number; attempt: number; why: string };

/** Of a file with a JSON object a line. */
export function readLog(path: string): LogEntry[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogEntry);
}

/** What a request carries, so that a row and an event can be told whose they are. */
export function requestName({ key, sequence, attempt }: Pick<LogEntry, "key" | "sequence" | "attempt">): string {
  return `${key}/${sequence}/${attempt}`;
}
