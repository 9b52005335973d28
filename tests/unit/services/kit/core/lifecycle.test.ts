import assert from "node:assert/strict";
import { createLifecycle, type LifecycleHook } from "@plinth/kit/core/lifecycle.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";

describe("lifecycle", () => {
  const logger = createLogger({ service: "test", version: "1", level: "silent" });

  /** Parts of these names, and what becomes of them. */
  function parts(
    names: string[],
    special: Record<string, Partial<LifecycleHook>> = {},
  ): { parts: LifecycleHook[]; told: string[] } {
    const told: string[] = [];
    const recorded = names.map((name) => ({
      name,
      start: () => void told.push(`${name} starts`),
      stop: () => void told.push(`${name} stops`),
      ...special[name],
    }));
    return { parts: recorded, told };
  }

  it("starts parts in order and stops them once in the opposite order, whatever fails", async () => {
    const failing = { stop: () => Promise.reject(new Error("no")) };
    const { parts: given, told } = parts(["database", "broker", "http"], { broker: failing });
    const lifecycle = createLifecycle({ logger, hooks: given });
    await lifecycle.start();
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    assert.deepEqual(told, ["database starts", "broker starts", "http starts", "http stops", "database stops"]);
    assert.equal((await lifecycle.readiness()).status, "stopping");
  });

  it("stops the started parts when one cannot start, so that no consumer keeps partitions", async () => {
    const taken = new Error("the port is taken");
    const { parts: given, told } = parts(["database", "workers", "http", "never"], {
      http: { start: () => Promise.reject(taken) },
    });
    await assert.rejects(createLifecycle({ logger, hooks: given }).start(), taken);
    assert.deepEqual(told, ["database starts", "workers starts", "http stops", "workers stops", "database stops"]);
  });

  it("reports why it cannot start although a part does not stop", async () => {
    const { parts: given } = parts(["stuck", "http"], {
      stuck: { stop: () => new Promise(() => undefined) },
      http: { start: () => Promise.reject(new Error("the port is taken")) },
    });
    const begun = performance.now();
    await assert.rejects(createLifecycle({ logger, hooks: given, drainMs: 100 }).start(), /the port is taken/);
    assert.ok(performance.now() - begun < 1000);
  });
});
