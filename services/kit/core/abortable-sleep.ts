import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after `ms`, or as soon as the signal is aborted. */
export async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  await Promise.allSettled([sleep(ms, undefined, { signal })]);
}
