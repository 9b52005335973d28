import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessSpec } from "../spec.ts";
import type { Exit } from "../state.ts";

/** Exits in a row without being ready after which a first start is given up. */
export const MAX_FAILED_STARTS = 5;
/** A process that was ready for this long is restarted at once. */
const HEALTHY_MS = 10_000;
/** The shortest time for which a process that has ended early must answer before it is ready. */
const MIN_PROOF_MS = 500;
const MAX_DELAY_MS = 10_000;

/** Decides whether and when a process that has ended is started again. */
export class RestartPolicy {
  /**
   * Whether the process was ready once, in this run or an earlier one. Then it is retried for ever.
   */
  hasBeenReady: boolean;
  private readonly spec: ProcessSpec;
  private readonly startedAt = Date.now();
  private failures = 0;
  /** How long the last run answered its probe, if it ended early. */
  private shortRun: number | undefined;
  private delayAbort = new AbortController();

  constructor(spec: ProcessSpec, hasBeenReady: boolean) {
    this.spec = spec;
    this.hasBeenReady = hasBeenReady;
  }

  /** Whether `restart` of the specification rules out another start. */
  isFinal(exit: Exit | undefined): boolean {
    const { restart } = this.spec;
    return exit !== undefined && (restart === "never" || (restart === "on-failure" && exit.code === 0));
  }

  /** @param milliseconds how long it answered its probe before it ended; 0 if it never did */
  noteReadyFor(milliseconds: number): void {
    const isHealthy = milliseconds > HEALTHY_MS;
    if (isHealthy) this.failures = 0;
    this.shortRun = isHealthy ? undefined : milliseconds;
  }

  /**
   * How long the next run must answer its probe to count as ready: after the second early end in
   * a row, longer than the last run did. So a crash loop is not ready. A first start is ready at
   * once, and a process that was killed once is after a moment.
   */
  get proofMilliseconds(): number {
    if (this.shortRun === undefined) return 0;
    return this.failures < 2 ? MIN_PROOF_MS : Math.min(HEALTHY_MS, MIN_PROOF_MS + 1.5 * this.shortRun);
  }

  /**
   * Counts an exit, or a start that did not come about. Gives up a process that was never ready if
   * it did not start, has ended too often or has taken too long.
   */
  countFailure(exit: Exit | undefined): "retry" | "give-up" {
    this.failures++;
    if (this.hasBeenReady) return "retry";
    const late = Date.now() - this.startedAt > this.spec.readyTimeoutSeconds * 1000;
    return exit === undefined || this.failures >= MAX_FAILED_STARTS || late ? "give-up" : "retry";
  }

  /** No delay before the first retry, then 0.1 s doubling up to 10 s. */
  async delay(): Promise<void> {
    if (this.failures <= 1) return;
    this.delayAbort = new AbortController();
    const milliseconds = Math.min(100 * 2 ** (this.failures - 2), MAX_DELAY_MS);
    await sleep(milliseconds, undefined, { signal: this.delayAbort.signal }).catch(() => undefined);
  }

  endDelay(): void {
    this.delayAbort.abort();
  }

  retryNow(): void {
    this.failures = 0;
    this.endDelay();
  }
}
