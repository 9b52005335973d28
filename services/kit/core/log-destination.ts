import { fstatSync, writeSync } from "node:fs";

/** Where a logger writes its lines. */
export interface LogDestination {
  /** @param line ends with its line break */
  write(line: string): void;
  /** Writes the buffered lines. pino calls it after a fatal line and when the process ends. */
  flushSync(): void;
}

/**
 * Lines are written once they have this many characters, or after this many milliseconds. A Linux
 * pipe takes 64 KiB at once.
 */
const FLUSH_CHARS = 16_384;
const FLUSH_INTERVAL_MS = 100;
/**
 * Characters that are buffered while the pipe is not read. Later lines are lost and counted.
 */
const MAX_BUFFERED_CHARS = 4 * 1024 * 1024;
/** Pause before a full pipe is tried again, and the number of tries when the process ends. */
const PIPE_FULL_RETRY_MS = 5;
const MAX_EXIT_FLUSH_TRIES = 200;

/**
 * Writes lines to a file descriptor, many with one system call: a call per line would be a quarter
 * of a small request's cost. Lines stay whole and in order. The calling thread writes them, so none
 * is under way when the process ends: the buffered ones are written before any exit but SIGKILL. A
 * descriptor that cannot be written to loses lines; it never fails the code that logs.
 */
export function createLogDestination(descriptor: number): LogDestination {
  makeNonBlocking(descriptor);
  let buffered = "";
  let rest: Buffer | undefined;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let ending = false;

  /** Returns false while the descriptor takes no more. */
  function flush(): boolean {
    clearTimeout(timer);
    timer = undefined;
    if (rest === undefined) {
      if (lost > 0) {
        const warning = { level: "warn", time: new Date().toISOString(), lost, msg: "lines were lost" };
        buffered += `${JSON.stringify(warning)}\n`;
      }
      lost = 0;
      rest = Buffer.from(buffered);
      buffered = "";
    }
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
      rest = undefined;
      return buffered === "" || flush();
    } catch (error) {
      if (isPipeFull(error)) scheduleFlush(PIPE_FULL_RETRY_MS);
      // The reader has gone or the disk is full, so these lines are lost.
      else rest = undefined;
      return false;
    }
  }

  function scheduleFlush(ms: number): void {
    timer ??= setTimeout(flush, ms).unref();
  }

  function flushSync(): void {
    for (
      let tries = 0;
      (rest !== undefined || buffered !== "") && !flush() && rest !== undefined && tries < MAX_EXIT_FLUSH_TRIES;
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
      if (buffered.length > MAX_BUFFERED_CHARS) {
        lost++;
        return;
      }
      buffered += line;
      if (ending) flushSync();
      else if (buffered.length >= FLUSH_CHARS && rest === undefined) flush();
      else scheduleFlush(FLUSH_INTERVAL_MS);
    },
    flushSync,
  };
}

/**
 * Without this, an unread pipe blocks the process: a stalled log collector would stop all
 * requests. Node makes the pipe non-blocking when it creates its own stream of standard output, and
 * offers no other way.
 */
function makeNonBlocking(descriptor: number): void {
  const output = fstatSync(descriptor);
  if (descriptor === 1 && (output.isFIFO() || output.isSocket())) void process.stdout;
}

function isPipeFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EAGAIN" || code === "EBUSY";
}
