import { setTimeout as sleep } from "node:timers/promises";

/** Waits, but not past the signal. */
export async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  await Promise.allSettled([sleep(ms, undefined, { signal })]);
}
