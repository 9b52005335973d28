import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./logger.ts";

/**
 * Does in the background what the first request would otherwise wait for, such as looking schemas
 * up. Repeats it until it succeeds, because a service also starts while its dependencies are away.
 */
export async function warmUp(what: string, work: () => Promise<unknown>, logger: Logger): Promise<void> {
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    try {
      await work();
      return;
    } catch (error) {
      logger.warn({ err: error, what }, "warm-up failed and is tried again");
      await sleep(pauseMs, undefined, { ref: false });
    }
  }
}
