import { fstatSync, writeSync } from "node:fs";

/** Where a logger puts its lines. */
export interface LogDestination {
  /** @param line with its line break */
  write(line: string): void;
  /** Writes what is still kept. Called by pino after a fatal line, and when the process ends. */
  flushSync(): void;
}

/**
 * Characters after which lines are written, and milliseconds after which fewer are. A pipe of Linux
 * takes 64 KiB at once.
 */
const FLUSH_CHARS = 16_384;
const FLUSH_INTERVAL_MS = 100;
/**
 * What is kept while the reader of a pipe does not read; lines past it are lost, and their number
 * is told.
 */
const MAX_BUFFERED_CHARS = 4 * 1024 * 1024;
/** Until a full pipe is tried again; when the process ends, so often at most. */
const PIPE_FULL_RETRY_MS = 5;
const MAX_EXIT_FLUSH_TRIES = 200;

/**
 * Writes lines to a file descriptor, many with one system call: one for each would be a quarter of
 * what a small request costs. In order, whole, and by the calling thread, so that nothing is on its
 * way when the process ends: what is kept is written before the exit, whichever way it comes but
 * SIGKILL. A descriptor that cannot be written to costs lines and never fails who logs.
 */
export function createLogDestination(descriptor: number): LogDestination {
  makeNonBlocking(descriptor);
  let kept = "";
  let rest: Buffer | undefined;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let ending = false;

  /** False while the descriptor takes no more. */
  function flush(): boolean {
    clearTimeout(timer);
    timer = undefined;
    if (rest === undefined) {
      if (lost > 0)
        kept += `${JSON.stringify({ level: "warn", time: new Date().toISOString(), lost, msg: "lines were lost" })}\n`;
      lost = 0;
      rest = Buffer.from(kept);
      kept = "";
    }
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
      rest = undefined;
      return kept === "" || flush();
    } catch (error) {
      if (isPipeFull(error)) later(PIPE_FULL_RETRY_MS);
      // The reader is gone, or the disk is full: nobody to tell.
      else rest = undefined;
      return false;
    }
  }

  function later(ms: number): void {
    timer ??= setTimeout(flush, ms).unref();
  }

  function flushSync(): void {
    for (
      let tries = 0;
      (rest !== undefined || kept !== "") && !flush() && rest !== undefined && tries < MAX_EXIT_FLUSH_TRIES;
      tries++
    ) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_FULL_RETRY_MS);
    }
  }

  process.on("exit", () => {
    ending = true;
    flushSync();
  });
  return {
    write(line) {
      if (kept.length > MAX_BUFFERED_CHARS) {
        lost++;
        return;
      }
      kept += line;
      if (ending) flushSync();
      else if (kept.length >= FLUSH_CHARS && rest === undefined) flush();
      else later(FLUSH_INTERVAL_MS);
    },
    flushSync,
  };
}

/**
 * A pipe would hold the whole process up while its reader does not read: a stalled collector of
 * logs, and no request is answered any more. Node changes that when it makes its own stream of
 * standard output; there is no other call for it.
 */
function makeNonBlocking(descriptor: number): void {
  const output = fstatSync(descriptor);
  if (descriptor === 1 && (output.isFIFO() || output.isSocket())) void process.stdout;
}

function isPipeFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EAGAIN" || code === "EBUSY";
}
