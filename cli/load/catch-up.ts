import { setTimeout as sleep } from "node:timers/promises";
import { readMetrics } from "../stack/service-metrics.ts";
import { eventLag } from "./load.ts";

export const CATCH_UP_TIMEOUT_MS = 60_000;

/**
 * Waits until every event is processed. Resolves to the milliseconds that it took, to false after
 * the timeout, and to undefined when the service has no such metric.
 */
export async function waitForCatchUp(base: string): Promise<number | false | undefined> {
  for (const start = Date.now(); ; await sleep(100)) {
    const lag = eventLag(await readMetrics(base));
    if (lag === undefined) return undefined;
    if (lag === 0) return Date.now() - start;
    if (Date.now() - start > CATCH_UP_TIMEOUT_MS) return false;
  }
}
