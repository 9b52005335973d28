import assert from "node:assert/strict";
import type { Runtime } from "../../../../components/base/runtime.ts";
import { sizes } from "../../../../components/base/sizes.ts";
import { resolveRedpandaSettings } from "../../../../components/redpanda/settings.ts";

const runtime: Runtime = { kind: "process", stack: "local", directory: "/data", portOffset: 100 };

/** Settings that only a cluster uses. */
const brokers = {
  brokers: 1,
  mode: "developer",
  replicationFactor: 1,
  storage: "2Gi",
  resources: sizes.development.redpanda.resources,
  console: false,
};

describe("the settings of a RedpandaCluster", () => {
  it("default to the contract's ports, moved by the offset (INF-6, INF-7)", () =>
    assert.deepEqual(resolveRedpandaSettings({ runtime }), { ...brokers, brokerPort: 19192, registryPort: 8181 }));

  it("take arguments over defaults", () =>
    assert.deepEqual(resolveRedpandaSettings({ runtime, brokerPort: 3, registryPort: 4 }), {
      ...brokers,
      brokerPort: 3,
      registryPort: 4,
    }));

  it("refuse fewer brokers than the mode needs", () => {
    assert.throws(
      () => resolveRedpandaSettings({ runtime, mode: "production", brokers: 1 }),
      /'brokers' is 1, but in mode 'production' must be at least 3/,
    );
    for (const count of [0, 1.5])
      assert.throws(
        () => resolveRedpandaSettings({ runtime, brokers: count }),
        new RegExp(`'brokers' is ${count}, but must be 1, or an odd number`),
      );
  });

  it("refuse an even number of brokers, which tolerates no more failures than one fewer", () => {
    for (const count of [2, 4])
      assert.throws(
        () => resolveRedpandaSettings({ runtime, brokers: count }),
        new RegExp(`'brokers' is ${count}, but must be 1, or an odd number`),
      );
  });

  it("replicate for the loss of one broker in production, and not at all elsewhere, for any number of brokers", () => {
    assert.equal(resolveRedpandaSettings({ runtime, mode: "production" }).replicationFactor, 3);
    for (const count of [3, 5]) {
      assert.equal(resolveRedpandaSettings({ runtime, brokers: count, mode: "production" }).replicationFactor, 3);
      assert.equal(resolveRedpandaSettings({ runtime, brokers: count, mode: "developer" }).replicationFactor, 1);
    }
  });
});
