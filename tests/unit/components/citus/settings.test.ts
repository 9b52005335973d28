import assert from "node:assert/strict";
import type { Runtime } from "../../../../components/base/runtime.ts";
import { sizes } from "../../../../components/base/sizes.ts";
import { resolveCitusSettings } from "../../../../components/citus/settings.ts";

const runtime: Runtime = { kind: "process", stack: "local", directory: "/data", portOffset: 100 };

/** Settings that only a cluster uses. */
const nodes = {
  group: "citus",
  workers: 1,
  storage: "2Gi",
  resources: sizes.development.citus.resources,
  exporter: true,
};

describe("the settings of a CitusCluster", () => {
  it("default to the contract's port, moved by the offset (INF-2)", () =>
    assert.deepEqual(resolveCitusSettings("citus", { runtime }), {
      ...nodes,
      user: "app",
      database: "app",
      port: 5532,
    }));

  it("take arguments over defaults", () =>
    assert.deepEqual(resolveCitusSettings("citus", { runtime, user: "u", database: "d", port: 1 }), {
      ...nodes,
      user: "u",
      database: "d",
      port: 1,
    }));

  it("refuse a number of workers that holds no shards", () => {
    for (const workers of [0, -1, 1.5])
      assert.throws(
        () => resolveCitusSettings("citus", { runtime, workers }),
        (error: Error) =>
          error.message === `CitusCluster: 'workers' is ${workers}, but must be a whole number from 1 to 999`,
      );
  });
});
