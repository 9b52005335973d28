import { setTimeout as sleep } from "node:timers/promises";

/**
 * What `look` sees once it is `good`; looks again while it is not, or throws. @throws after `ms`
 * with what was waited for and last seen
 */
export async function waitUntil<T>(
  what: string,
  look: () => T | Promise<T>,
  good: (seen: T) => boolean = Boolean,
  ms = 15_000,
): Promise<T> {
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
      throw new Error(
        `waited ${ms / 1000} s in vain: ${what}; last seen: ${seen instanceof Error ? seen.message : JSON.stringify(seen)}`,
      );
  }
}
