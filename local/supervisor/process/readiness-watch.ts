import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessSpec } from "../spec.ts";
import { createProbe } from "./readiness.ts";

/** Seldom enough to cost nothing: a probe takes a server less than a millisecond. */
const INTERVAL_MS = 5000;
/** After a failure, and until it answers again. */
const RETRY_MS = 1000;
/** Failures in a row after which a process is unready. */
const FAILURE_THRESHOLD = 3;

/**
 * Repeats the probe of a ready process until `signal` aborts.
 *
 * @param onChange told when it stops answering, and when it answers again
 */
export async function watchReadiness(
  spec: ProcessSpec,
  isReady: boolean,
  signal: AbortSignal,
  onChange: (ready: boolean) => void,
): Promise<void> {
  const probe = spec.live ?? spec.ready;
  // A line in the log stays there.
  if (probe.kind === "log") return;
  const test = createProbe(probe, { path: "", from: 0 });
  let ready = isReady;
  for (let failures = 0; ; ) {
    await sleep(ready && failures === 0 ? INTERVAL_MS : RETRY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const answered = await test();
    if (signal.aborted) return;
    failures = answered ? 0 : failures + 1;
    if (ready ? failures >= FAILURE_THRESHOLD : answered) {
      ready = answered;
      onChange(ready);
    }
  }
}
