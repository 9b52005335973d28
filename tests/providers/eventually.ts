import { setTimeout as pause } from "node:timers/promises";

/** Repeats `claim` until it holds; after ten seconds its last error is the failure. For what a broker makes known a moment after its answer. */
export async function eventually(claim: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await claim();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(20);
    }
  }
}
