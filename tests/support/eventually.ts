import { setTimeout as sleep } from "node:timers/promises";

/** What `look` sees once it is `good`; looks again while it is not, or throws. @throws after `ms` with what was waited for and last seen */
export async function until<T>(what: string, look: () => T | Promise<T>, good: (seen: T) => boolean = Boolean, ms = 15_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (let seen: unknown; ; await sleep(15)) {
    try {
      const found = await look();
      if (good(found)) return found;
      seen = found;
    } catch (error) {
      seen = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${ms / 1000} s in vain: ${what}; last seen: ${seen instanceof Error ? seen.message : JSON.stringify(seen)}`);
  }
}

/** What `find` finds at last. @throws what was waited for, when it takes longer than `seconds` */
export async function eventually<T>(
  what: string,
  find: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 10,
): Promise<T> {
  return (await until(what, find, Boolean, seconds * 1000)) as T;
}

/** For what a server makes known a moment after its answer: repeats `claim` until none of its assertions fails. */
export async function settles(claim: () => Promise<void>): Promise<void> {
  await until("its assertions hold", async () => {
    await claim();
    return true;
  });
}
