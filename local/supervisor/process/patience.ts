import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessSpec } from "../spec.ts";
import { MAX_FAILED_STARTS } from "./restart-policy.ts";

/** How long init steps may take: a build may have to download everything. */
const INIT_TIMEOUT_MS = 900_000;
/** A run that is not ready in time is ended and counted first. */
const MARGIN_MS = 1000;
const POLL_MS = 100;
/** A machine that slept has not waited. */
const MAX_STEP_MS = 1000;

/** What is under way, as far as a client that waits is concerned. */
export interface StartProgress {
  /** Whether an init step runs. */
  isBuilding: boolean;
  /** Runs that ended without being ready for long, since the process was applied first. */
  failedRuns: number;
}

/**
 * Resolves once waiting for a process to be ready makes no more sense: its init steps, or all else,
 * have taken their time, or it has ended again and again. Rejects when `signal` aborts.
 */
export async function waitInVain(
  { readyTimeoutSeconds }: ProcessSpec,
  progress: () => StartProgress,
  signal: AbortSignal,
): Promise<"late" | "crashing"> {
  const failedBefore = progress().failedRuns;
  let [building, waiting] = [0, 0];
  for (let last = Date.now(); ; last = Date.now()) {
    await sleep(POLL_MS, undefined, { signal });
    const { isBuilding, failedRuns } = progress();
    const step = Math.min(Date.now() - last, MAX_STEP_MS);
    if (isBuilding) building += step;
    else waiting += step;
    if (failedRuns - failedBefore >= MAX_FAILED_STARTS) return "crashing";
    if (building > INIT_TIMEOUT_MS || waiting > readyTimeoutSeconds * 1000 + MARGIN_MS) return "late";
  }
}
