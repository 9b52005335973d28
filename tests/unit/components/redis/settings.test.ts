import assert from "node:assert/strict";
import type { Runtime } from "../../../../components/base/runtime.ts";
import { resolveRedisSettings } from "../../../../components/redis/settings.ts";

const runtime: Runtime = { kind: "process", stack: "local", directory: "/data", portOffset: 100 };

/** Settings that these tests leave at their defaults. */
const server = { eviction: "allkeys-lfu", storage: "1Gi", flavour: "valkey" };

describe("the settings of a RedisCache", () => {
  it("default to the contract's port, moved by the offset (INF-5)", () =>
    assert.deepEqual(resolveRedisSettings({ runtime }), {
      ...server,
      port: 6479,
      memoryMiB: 256,
      persistence: "none",
    }));

  it("take arguments over defaults", () =>
    assert.deepEqual(resolveRedisSettings({ runtime, port: 2, memoryMiB: 16, persistence: "appendonly" }), {
      ...server,
      port: 2,
      memoryMiB: 16,
      persistence: "appendonly",
    }));

  it("refuse too little memory for the server, naming the limit", () =>
    assert.throws(
      () => resolveRedisSettings({ runtime, memoryMiB: 8 }),
      /'memoryMiB' is 8, but must be a whole number from 16/,
    ));
});
