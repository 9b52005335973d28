import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./logger.ts";

/**
 * Does in the background what the first request would otherwise wait for, such as looking schemas
 * up; again and again until it has succeeded, because a service starts while what it needs is away.
 */
export async function warmUp(what: string, work: () => Promise<unknown>, logger: Logger): Promise<void> {
  for (let wait = 100; ; wait = Math.min(wait * 2, 1000)) {
    try {
      await work();
      return;
    } catch (error) {
      logger.warn({ err: error, what }, "not yet warmed up");
      await sleep(wait, undefined, { ref: false });
    }
  }
}
