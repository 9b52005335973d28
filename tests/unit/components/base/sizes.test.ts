import assert from "node:assert/strict";
import { applyTransform, onRuntime, type Runtime } from "../../../../components/base/component.ts";
import { sizes } from "../../../../components/base/sizes.ts";
import { resolveCitusSettings } from "../../../../components/citus/citus-cluster.ts";
import { resolveRedisSettings } from "../../../../components/redis/redis-cache.ts";
import { resolveRedpandaSettings } from "../../../../components/redpanda/redpanda-cluster.ts";

const runtime: Runtime = { kind: "process", stack: "local", directory: "/data", portOffset: 100 };

/** What only counts in a cluster. */
const nodes = {
  group: "citus",
  workers: 1,
  storage: "2Gi",
  resources: sizes.development.citus.resources,
  exporter: true,
};
const server = { eviction: "allkeys-lfu", storage: "1Gi", flavour: "valkey" };
const brokers = {
  brokers: 1,
  mode: "developer",
  copies: 1,
  storage: "2Gi",
  resources: sizes.development.redpanda.resources,
  console: false,
};

describe("the defaults of components", () => {
  it("are the contract's ports, moved by the offset (INF-2, INF-5, INF-6, INF-7)", () => {
    assert.deepEqual(resolveCitusSettings("citus", { runtime }), {
      ...nodes,
      user: "app",
      database: "app",
      port: 5532,
    });
    assert.deepEqual(resolveRedisSettings({ runtime }), { ...server, port: 6479, memoryMiB: 256, persistence: "none" });
    assert.deepEqual(resolveRedpandaSettings({ runtime }), { ...brokers, brokerPort: 19192, registryPort: 8181 });
  });

  it("give way to arguments", () => {
    assert.deepEqual(resolveCitusSettings("citus", { runtime, user: "u", database: "d", port: 1 }), {
      ...nodes,
      user: "u",
      database: "d",
      port: 1,
    });
    assert.deepEqual(resolveRedisSettings({ runtime, port: 2, memoryMiB: 16, persistence: "appendonly" }), {
      ...server,
      port: 2,
      memoryMiB: 16,
      persistence: "appendonly",
    });
    assert.deepEqual(resolveRedpandaSettings({ runtime, brokerPort: 3, registryPort: 4 }), {
      ...brokers,
      brokerPort: 3,
      registryPort: 4,
    });
  });

  it("refuse a cache that Redis cannot run in, naming the limit", () => {
    assert.throws(() => resolveRedisSettings({ runtime, memoryMiB: 8 }), /memoryMiB is 8, but at least 16/);
  });

  it("refuse brokers that cannot hold the copies of their mode, or bear no more losses than fewer", () => {
    assert.throws(
      () => resolveRedpandaSettings({ runtime, mode: "production", brokers: 1 }),
      /brokers is 1, but in mode 'production' must be at least 3/,
    );
    assert.throws(() => resolveRedpandaSettings({ runtime, brokers: 4 }), /brokers is 4, but must be odd/);
    assert.equal(resolveRedpandaSettings({ runtime, mode: "production" }).replicationFactor, 3);
  });

  it("take a partial or a function as a transform", () => {
    assert.deepEqual(applyTransform<{ a: number; b: number }>({ a: 2 }, { a: 1, b: 1 }), { a: 2, b: 1 });
    assert.deepEqual(
      applyTransform<{ a: number }>((args) => ({ a: args.a + 1 }), { a: 1 }),
      { a: 2 },
    );
    assert.deepEqual(applyTransform(undefined, { a: 1 }), { a: 1 });
  });

  it("branch by the runtime in one place", () =>
    assert.equal(onRuntime<string>(runtime, { process: ({ directory }) => directory, kubernetes: () => "" }), "/data"));
});
