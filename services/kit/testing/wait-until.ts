import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats `read` until it returns a value that passes `accept`, and returns it. A throw counts as a
 * value that does not pass.
 *
 * @param what names the awaited state in the error
 * @throws after `timeoutMs`, with `what` and the last value or error
 */
export async function waitUntil<T>(
  what: string,
  read: () => T | Promise<T>,
  accept: (value: T) => boolean = Boolean,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let last: unknown; ; await sleep(15)) {
    try {
      const value = await read();
      if (accept(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`waited ${timeoutMs / 1000} s in vain: ${what}; last seen: ${seen}`);
    }
  }
}
