import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./logger.ts";
import { createRunsInTurn } from "./runs-in-turn.ts";

/** A part of a service. Parts start in the given order and stop in the opposite one. */
export interface LifecycleHook {
  name: string;
  start?(): Promise<unknown> | unknown;
  stop?(): Promise<unknown> | unknown;
  /**
   * Rejects with the reason while the part cannot work. `/ready` names the parts that have a check.
   */
  check?(): Promise<unknown>;
}

export interface LifecycleSettings {
  logger: Logger;
  hooks: readonly LifecycleHook[];
  /** Milliseconds after which the process ends although parts are still stopping. @default 10000 */
  drainMs?: number;
}

export interface Readiness {
  status: "ready" | "not_ready" | "stopping";
  checks: Record<string, "up" | "down">;
}

export interface Lifecycle {
  /** @throws the error of a part that could not start, after the earlier parts were stopped */
  start(): Promise<void>;
  /** Idempotent: every call gets the same promise. */
  stop(): Promise<void>;
  readiness(): Promise<Readiness>;
  /** On SIGTERM or SIGINT: not ready, drain, exit 0; exit 1 if the deadline passes first. */
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
        // The other parts must still stop.
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
    // Anyone may ask, and a check takes a connection.
    readiness: createRunsInTurn(async () => {
      const withCheck = hooks.filter(({ check }) => check !== undefined);
      const states = await Promise.all(withCheck.map((part) => checkHook(part, logger)));
      const checks = Object.fromEntries(withCheck.map(({ name }, index) => [name, states[index] ?? "down"]));
      if (stopping) return { status: "stopping", checks };
      return { status: states.every((state) => state === "up") ? "ready" : "not_ready", checks };
    }),
    stopOnSignals() {
      const drainAndExit = (signal: string) => {
        if (stopping) return;
        logger.info({ signal }, "stopping");
        setTimeout(() => {
          logger.error({ drain_ms: drainMs }, "stopping took too long; leaving work undone");
          process.exit(1);
        }, drainMs).unref();
        void lifecycle.stop().then(() => {
          logger.info("stopped");
          process.exit(0);
        });
      };
      process.on("SIGTERM", drainAndExit);
      process.on("SIGINT", drainAndExit);
    },
  };
  return lifecycle;
}

async function checkHook(part: LifecycleHook, logger: Logger): Promise<"up" | "down"> {
  const answered = new AbortController();
  const deadline = sleep(CHECK_TIMEOUT_MS, undefined, { signal: answered.signal }).then(
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
    answered.abort();
  }
}
