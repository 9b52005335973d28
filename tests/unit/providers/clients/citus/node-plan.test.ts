import assert from "node:assert/strict";
import type { CitusNode } from "@plinth/providers/clients/citus/catalog.ts";
import { type NodeStep, needsRebalance, planNodes } from "@plinth/providers/clients/citus/node-plan.ts";

const port = 5432;
const desired = { coordinator: "coordinator", workers: ["worker-0", "worker-1"], port };
const node = (group: number, host: string, changes: Partial<CitusNode> = {}): CitusNode => ({
  id: group + 1,
  group,
  host,
  port,
  active: true,
  takesShards: group > 0,
  shards: group > 0 ? 16 : 0,
  ...changes,
});
const formed = [node(0, "coordinator"), node(1, "worker-0"), node(2, "worker-1")];
const step = (kind: Exclude<NodeStep["kind"], "readdress">, host: string): NodeStep => ({ kind, host, port });
const joined = { "worker-0": 1, "worker-1": 2 };

describe("The plan from pg_dist_node to the declared nodes (INF-2)", () => {
  for (const [what, nodes, groups, steps, drift] of [
    ["no step for a formed cluster", formed, joined, [], []],
    [
      "a step for each node of a new cluster",
      [],
      { "worker-0": 0, "worker-1": 0 },
      [step("coordinator", "coordinator"), step("add", "worker-0"), step("add", "worker-1")],
      ["coordinator is not its coordinator", "worker-0 is not one of its nodes", "worker-1 is not one of its nodes"],
    ],
    [
      "a step for the coordinator's name, which Citus sets to localhost at first",
      [node(0, "localhost"), ...formed.slice(1)],
      joined,
      [step("coordinator", "coordinator")],
      ["the coordinator is known as localhost:5432"],
    ],
    [
      "a step for a missing worker",
      formed.slice(0, 2),
      { "worker-0": 1, "worker-1": 0 },
      [step("add", "worker-1")],
      ["worker-1 is not one of its nodes"],
    ],
    [
      "a step for a removed worker that still has its group",
      formed.slice(0, 2),
      joined,
      [step("add", "worker-1")],
      ["worker-1 is not one of its nodes"],
    ],
    [
      "the new address of a worker, found by its group",
      [...formed.slice(0, 2), node(2, "elsewhere")],
      joined,
      [{ kind: "readdress", host: "worker-1", port, id: 3 }],
      ["worker-1 is known as elsewhere:5432"],
    ],
    [
      "the new port of a worker",
      [...formed.slice(0, 2), node(2, "worker-1", { port: 9 })],
      {},
      [{ kind: "readdress", host: "worker-1", port, id: 3 }],
      ["worker-1 is known as worker-1:9"],
    ],
    [
      "two steps for a worker that is disabled and takes no shards",
      [...formed.slice(0, 2), node(2, "worker-1", { active: false, takesShards: false })],
      joined,
      [step("activate", "worker-1"), step("take shards", "worker-1")],
      ["worker-1 is disabled", "worker-1 takes no shards"],
    ],
    [
      "the removal of an undeclared node without shards",
      [...formed, node(3, "worker-2", { shards: 0 })],
      joined,
      [step("remove", "worker-2")],
      ["worker-2:5432 is not declared"],
    ],
    [
      "no step for an undeclared node that holds shards",
      [...formed, node(3, "worker-2", { shards: 4 })],
      joined,
      [],
      [
        "worker-2:5432 is not declared, but holds 4 shards: move them away with select citus_drain_node('worker-2', 5432, 'block_writes'), or declare it",
      ],
    ],
    [
      "a removal and a new join of an empty worker that had no shards",
      [...formed.slice(0, 2), node(2, "worker-1", { shards: 0 })],
      { "worker-0": 1, "worker-1": 0 },
      [step("remove", "worker-1"), step("add", "worker-1")],
      ["worker-1 is empty", "worker-1 is to be joined again"],
    ],
  ] as const) {
    it(`has ${what}`, () => {
      assert.deepEqual(planNodes(nodes, desired, new Map(Object.entries(groups))), { steps, drift });
    });
  }

  it("fails for an empty worker that should hold shards", () => {
    const { error } = planNodes(
      formed,
      desired,
      new Map([
        ["worker-0", 1],
        ["worker-1", 0],
      ]),
    );
    assert.match(error!, /^worker-1:5432 is empty, but 16 shards are to be there: its volume was lost or replaced/);
  });

  it("finds the drift of pg_dist_node without the workers' groups", () => {
    assert.deepEqual(planNodes(formed, desired), { steps: [], drift: [] });
    const renamed = planNodes([...formed.slice(0, 2), node(2, "elsewhere")], desired);
    assert.deepEqual(
      renamed.drift.map((text) => text.split(":")[0]),
      ["worker-1 is not one of its nodes", "elsewhere"],
    );
  });

  for (const [what, shards, rebalances] of [
    ["one worker is empty", [8, 8, 0], true],
    ["all workers hold shards", [9, 8, 1], false],
    ["there are no shards", [0, 0, 0], false],
    ["there is one shard", [1, 0], false],
  ] as const) {
    it(`${rebalances ? "asks" : "does not ask"} for a rebalance if ${what}`, () => {
      assert.equal(
        needsRebalance(shards.map((count, index) => node(index + 1, `worker-${index}`, { shards: count }))),
        rebalances,
      );
    });
  }
});
