import { setTimeout as sleep } from "node:timers/promises";

/** What `find` finds at last; looks again every 15 ms. @throws what was waited for, when it takes longer than `seconds` */
export async function eventually<T>(
  what: string,
  find: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 10,
): Promise<T> {
  for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(15)) {
    const found = await find();
    if (found) return found;
  }
  throw new Error(`waited ${seconds} s in vain: ${what}`);
}
