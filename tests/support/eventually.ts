import { until } from "@plinth/kit/testing/until.ts";

export { until };

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
