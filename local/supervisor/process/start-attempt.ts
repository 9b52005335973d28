import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessSpec } from "../spec.ts";
import type { OsProcess } from "./os-process.ts";
import { waitUntilReady } from "./readiness.ts";

/** How a start went. */
export interface StartAttempt {
  outcome: "ready" | "late" | "exited";
  /** Milliseconds since the epoch at which its probe passed. */
  answersSince?: number;
}

/**
 * Waits until a started process is ready: its probe has passed, and it has gone on for `proof`
 * milliseconds. A stop reads as `late`.
 */
export async function waitForStart(
  run: OsProcess,
  spec: ProcessSpec,
  log: { path: string; from: number },
  proof: number,
  stop: AbortSignal,
): Promise<StartAttempt> {
  const decided = new AbortController();
  const signal = AbortSignal.any([stop, decided.signal]);
  const deadline = Date.now() + spec.readyTimeoutSeconds * 1000;
  const exited = run.exited.then(() => "exited" as const);
  try {
    const passed = await Promise.race([waitUntilReady(spec.ready, log, deadline, signal), exited]);
    if (passed !== true) return { outcome: passed || "late" };
    const answersSince = Date.now();
    if (proof === 0) return { outcome: "ready", answersSince };
    const proven = sleep(proof, "ready" as const, { signal }).catch(() => "late" as const);
    return { outcome: await Promise.race([proven, exited]), answersSince };
  } finally {
    decided.abort();
  }
}
