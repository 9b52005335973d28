import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./logger.ts";

/** One part of a service. Parts start in the order they were added and stop in the opposite one. */
export interface LifecycleHook {
  name: string;
  start?(): Promise<unknown> | unknown;
  stop?(): Promise<unknown> | unknown;
  /**
   * Rejects, with the reason, while the part cannot do its work. Parts with a check are what
   * `/ready` names.
   */
  check?(): Promise<unknown>;
}

export interface LifecycleSettings {
  logger: Logger;
  hooks: readonly LifecycleHook[];
  /** Milliseconds that stopping may take before the process ends regardless. @default 10000 */
  drainMs?: number;
}

export interface Readiness {
  status: "ready" | "not_ready" | "stopping";
  checks: Record<string, "up" | "down">;
}

export interface Lifecycle {
  /** @throws why a part could not start, once those before it are stopped */
  start(): Promise<void>;
  /** Idempotent: every call gets the same promise. */
  stop(): Promise<void>;
  readiness(): Promise<Readiness>;
  /** From SIGTERM or SIGINT on: not ready, drain, exit 0; exit 1 when the deadline passes first. */
  stopOnSignals(): void;
}

const CHECK_TIMEOUT_MS = 1500;

export function createLifecycle({ logger, hooks, drainMs = 10_000 }: LifecycleSettings): Lifecycle {
  const started: LifecycleHook[] = [];
  let stopping: Promise<void> | undefined;

  async function start(): Promise<void> {
    try {
      for (const part of hooks) {
        if (stopping) return;
        started.push(part);
        await part.start?.();
      }
    } catch (error) {
      await Promise.race([lifecycle.stop(), sleep(drainMs, undefined, { ref: false })]);
      throw error;
    }
  }

  async function stopAll(): Promise<void> {
    for (const part of started.toReversed()) {
      try {
        const begun = performance.now();
        await part.stop?.();
        logger.debug({ part: part.name, ms: Math.round(performance.now() - begun) }, "part stopped");
      } catch (error) {
        // The other parts must still be stopped.
        logger.error({ err: error, part: part.name }, "part failed to stop");
      }
    }
  }

  const lifecycle: Lifecycle = {
    start,
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
    async readiness() {
      const checked = hooks.filter(({ check }) => check !== undefined);
      const states = await Promise.all(checked.map((part) => checkHook(part, logger)));
      const checks = Object.fromEntries(checked.map(({ name }, index) => [name, states[index] ?? "down"]));
      if (stopping) return { status: "stopping", checks };
      return { status: states.every((one) => one === "up") ? "ready" : "not_ready", checks };
    },
    stopOnSignals() {
      const end = (signal: string) => {
        if (stopping) return;
        logger.info({ signal }, "stopping");
        // Not unref'd parts decide how long this takes, but never longer than the deadline.
        setTimeout(() => {
          logger.error({ drain_ms: drainMs }, "stopping took too long; leaving work undone");
          process.exit(1);
        }, drainMs).unref();
        void lifecycle.stop().then(() => {
          logger.info("stopped");
          process.exit(0);
        });
      };
      process.on("SIGTERM", end);
      process.on("SIGINT", end);
    },
  };
  return lifecycle;
}

async function checkHook(part: LifecycleHook, logger: Logger): Promise<"up" | "down"> {
  const late = new AbortController();
  const deadline = sleep(CHECK_TIMEOUT_MS, undefined, { signal: late.signal }).then(
    () => Promise.reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)),
    () => undefined,
  );
  try {
    await Promise.race([part.check?.(), deadline]);
    return "up";
  } catch (error) {
    logger.debug({ err: error, part: part.name }, "not ready");
    return "down";
  } finally {
    late.abort();
  }
}
