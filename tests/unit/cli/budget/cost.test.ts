import assert from "node:assert/strict";
import { estimateCost } from "../../../../cli/budget/cost.ts";
import { type Cloud, clouds } from "../../../../cli/budget/prices.ts";
import { footprintOf } from "../../../support/footprint.ts";

const Gi = 2 ** 30;
const price = { currency: "USD", date: "2026-01-01", source: "a test" } as const;
const cloud: Cloud = {
  name: "Cumulus",
  region: "north",
  controlPlane: { ...price, amount: 0.1, unit: "hour" },
  node: { ...price, amount: 0.2, unit: "hour", type: "c4", cpu: 4, memoryGib: 16 },
  disks: [{ ...price, amount: 0.08, unit: "GiB-month" }],
  loadBalancer: { ...price, amount: 0.02, unit: "hour" },
};

describe("the cost of a stack on a cloud (SHOP-10)", () => {
  it("has as many nodes as the requests need, after the share of the system", () => {
    assert.equal(estimateCost(footprintOf({}), cloud, "min").nodes, 1);
    assert.equal(estimateCost(footprintOf({}), cloud, "max").nodes, 2);
    assert.equal(estimateCost(footprintOf({ requests: { cpu: 0.1, memory: 14 * Gi } }), cloud, "min").nodes, 2);
  });

  it("fills nodes as a scheduler does: two pods of two cores do not fit on a node of four", () => {
    const pair = (memory: number) => footprintOf({ requests: { cpu: 2, memory }, pods: { min: 2, max: 4 } });
    assert.equal(estimateCost(pair(Gi), cloud, "min").nodes, 2);
    const { workloads } = pair(Gi);
    const small = footprintOf({ name: "small", requests: { cpu: 0.8, memory: Gi }, pods: { min: 4, max: 4 } });
    assert.equal(estimateCost({ ...small, workloads: [...small.workloads, ...workloads] }, cloud, "min").nodes, 3);
  });

  it("counts a pod larger than a node as several nodes", () => {
    assert.equal(estimateCost(footprintOf({ requests: { cpu: 8, memory: Gi } }), cloud, "min").nodes, 3);
  });

  it("has a node for each replica of a StatefulSet", () => {
    assert.equal(
      estimateCost(
        footprintOf({ kind: "StatefulSet", pods: { min: 3, max: 3 }, requests: { cpu: 0.1, memory: Gi } }),
        cloud,
        "min",
      ).nodes,
      3,
    );
  });

  it("sums up 730 hours a month, volumes and load balancers", () => {
    const found = estimateCost(
      footprintOf({ volumes: [10 * Gi, 10 * Gi] }, { claims: [5 * Gi], loadBalancers: 2 }),
      cloud,
      "min",
    );
    assert.deepEqual(
      [found.compute, found.controlPlane, found.loadBalancers, found.storage].map((amount) => amount?.toFixed(2)),
      ["146.00", "73.00", "29.20", "2.00"],
    );
    assert.equal(found.total.toFixed(2), "250.20");
  });

  it("leaves out what has no price", () => {
    const { loadBalancer: _, ...rest } = cloud;
    const found = estimateCost(footprintOf({}, { loadBalancers: 1 }), rest, "min");
    assert.equal(found.loadBalancers, undefined);
    assert.equal(found.total.toFixed(2), "219.00");
    assert.equal(estimateCost(footprintOf({}), rest, "min").loadBalancers, 0);
  });

  it("rounds volumes up to the sizes that a cloud sells", () => {
    const disks: Cloud["disks"] = [
      { ...price, gib: 32, amount: 5, unit: "disk-month" },
      { ...price, gib: 128, amount: 20, unit: "disk-month" },
    ];
    for (const [gib, cost] of [
      [1, 5],
      [32, 5],
      [33, 20],
      [128, 20],
      [300, 60],
    ] as const)
      assert.equal(
        estimateCost(footprintOf({ volumes: [gib * Gi] }), { ...cloud, disks }, "min").storage,
        cost,
        `${gib} GiB`,
      );
  });

  it("has a dated price and a source for everything", () => {
    assert.deepEqual(
      clouds.map(({ name }) => name),
      ["AWS", "Google Cloud", "Azure"],
    );
    for (const { name, node, disks, controlPlane, loadBalancer } of clouds)
      for (const { amount, currency, date, source, unit } of [
        node,
        controlPlane,
        ...disks,
        ...(loadBalancer ? [loadBalancer] : []),
      ]) {
        assert.ok(amount > 0 && currency === "USD" && unit !== undefined && source.length > 10, name);
        assert.match(date, /^20\d\d-\d\d-\d\d$/);
      }
  });
});
