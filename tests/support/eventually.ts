import { waitUntil } from "@plinth/kit/testing/wait-until.ts";

export { waitUntil };

/** What `find` finds at last. @throws what was waited for, when it takes longer than `seconds` */
export async function eventually<T>(
  what: string,
  find: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 10,
): Promise<T> {
  return (await waitUntil(what, find, Boolean, seconds * 1000)) as T;
}

/**
 * For what a server makes known a moment after its answer: repeats `claim` until none of its
 * assertions fails.
 */
export async function eventuallyPasses(claim: () => Promise<void>): Promise<void> {
  await waitUntil("its assertions hold", async () => {
    await claim();
    return true;
  });
}
