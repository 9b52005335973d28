import assert from "node:assert/strict";
import type { CitusNode } from "@plinth/providers/clients/citus/catalog.ts";
import { type NodeStep, needsRebalance, planNodes } from "@plinth/providers/clients/citus/node-plan.ts";
import { planPlacements, type TenantShard } from "@plinth/providers/clients/citus/placement-plan.ts";

const port = 5432;
const wanted = { coordinator: "coordinator", workers: ["worker-0", "worker-1"], port };
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

describe("INF-2 the steps from what pg_dist_node holds to what is declared", () => {
  for (const [what, nodes, groups, steps, drift] of [
    ["nothing where all is as declared", formed, joined, [], []],
    [
      "a coordinator and its workers where nothing is",
      [],
      { "worker-0": 0, "worker-1": 0 },
      [step("coordinator", "coordinator"), step("add", "worker-0"), step("add", "worker-1")],
      ["coordinator is not its coordinator", "worker-0 is not one of its nodes", "worker-1 is not one of its nodes"],
    ],
    [
      "the coordinator's name, which Citus takes for localhost at first",
      [node(0, "localhost"), ...formed.slice(1)],
      joined,
      [step("coordinator", "coordinator")],
      ["the coordinator is known as localhost:5432"],
    ],
    [
      "a worker that is missing",
      formed.slice(0, 2),
      { "worker-0": 1, "worker-1": 0 },
      [step("add", "worker-1")],
      ["worker-1 is not one of its nodes"],
    ],
    [
      "a worker that was removed and still believes to belong",
      formed.slice(0, 2),
      joined,
      [step("add", "worker-1")],
      ["worker-1 is not one of its nodes"],
    ],
    [
      "another address of the same worker, known by its group",
      [...formed.slice(0, 2), node(2, "elsewhere")],
      joined,
      [{ kind: "readdress", host: "worker-1", port, id: 3 }],
      ["worker-1 is known as elsewhere:5432"],
    ],
    [
      "another port of the same worker",
      [...formed.slice(0, 2), node(2, "worker-1", { port: 9 })],
      {},
      [{ kind: "readdress", host: "worker-1", port, id: 3 }],
      ["worker-1 is known as worker-1:9"],
    ],
    [
      "a worker that is disabled and takes no shards",
      [...formed.slice(0, 2), node(2, "worker-1", { active: false, takesShards: false })],
      joined,
      [step("activate", "worker-1"), step("take shards", "worker-1")],
      ["worker-1 is disabled", "worker-1 takes no shards"],
    ],
    [
      "a stranger without shards, away",
      [...formed, node(3, "worker-2", { shards: 0 })],
      joined,
      [step("remove", "worker-2")],
      ["worker-2:5432 is not declared"],
    ],
    [
      "no step for a stranger that holds shards",
      [...formed, node(3, "worker-2", { shards: 4 })],
      joined,
      [],
      [
        "worker-2:5432 is not declared, but holds 4 shards: move them away with select citus_drain_node('worker-2', 5432, 'block_writes'), or declare it",
      ],
    ],
    [
      "a worker that is empty and had nothing, anew",
      [...formed.slice(0, 2), node(2, "worker-1", { shards: 0 })],
      { "worker-0": 1, "worker-1": 0 },
      [step("remove", "worker-1"), step("add", "worker-1")],
      ["worker-1 is empty", "worker-1 is to be joined again"],
    ],
  ] as const) {
    it(`are: ${what}`, () => {
      assert.deepEqual(planNodes(nodes, wanted, new Map(Object.entries(groups))), { steps, drift });
    });
  }

  it("end before a worker that is empty although shards are to be there", () => {
    const { error } = planNodes(
      formed,
      wanted,
      new Map([
        ["worker-0", 1],
        ["worker-1", 0],
      ]),
    );
    assert.match(error!, /^worker-1:5432 is empty, but 16 shards are to be there: its volume was lost or replaced/);
  });

  it("say without having asked the workers what pg_dist_node alone tells", () => {
    assert.deepEqual(planNodes(formed, wanted), { steps: [], drift: [] });
    const renamed = planNodes([...formed.slice(0, 2), node(2, "elsewhere")], wanted);
    assert.deepEqual(
      renamed.drift.map((words) => words.split(":")[0]),
      ["worker-1 is not one of its nodes", "elsewhere"],
    );
  });

  for (const [what, shards, wants] of [
    ["a worker is empty", [8, 8, 0], true],
    ["all hold some", [9, 8, 1], false],
    ["there are none", [0, 0, 0], false],
    ["there is one only", [1, 0], false],
  ] as const) {
    it(`${wants ? "want" : "do not want"} a rebalance where ${what}`, () => {
      assert.equal(
        needsRebalance(shards.map((count, index) => node(index + 1, `worker-${index}`, { shards: count }))),
        wants,
      );
    });
  }
});

describe("INF-4 what is done for placed tenants", () => {
  const workers = ["w0", "w1", "w2"];
  const at = (shard: string, host: string, own = false): Omit<TenantShard, "tenant"> => ({ shard, own, host, port });
  for (const [what, placements, shards, isolate, move, words] of [
    ["nothing for who is there", [[1, 0, false]], { 1: at("a", "w0") }, [], [], []],
    ["nothing for who is there in its own shard", [[1, 0, true]], { 1: at("a", "w0", true) }, [], [], []],
    [
      "a move",
      [[1, 2, false]],
      { 1: at("a", "w0") },
      [],
      [["a", "w2"]],
      ["tenant 1, with the others of its shard: w0 → w2"],
    ],
    ["a move of its own shard", [[1, 2, true]], { 1: at("a", "w0", true) }, [], [["a", "w2"]], ["tenant 1: w0 → w2"]],
    ["a shard of its own where it is", [[1, 0, true]], { 1: at("a", "w0") }, [1], [], ["tenant 1: its own shard"]],
    [
      "a shard of its own, whose move is planned once it has its number",
      [[1, 1, true]],
      { 1: at("a", "w0") },
      [1],
      [],
      ["tenant 1: its own shard, w0 → w1"],
    ],
    [
      "one move for two of the same shard",
      [
        [1, 1, false],
        [2, 1, false],
      ],
      { 1: at("a", "w0"), 2: at("a", "w0") },
      [],
      [["a", "w1"]],
      ["tenant 1, with the others of its shard: w0 → w1", "tenant 2, with the others of its shard: w0 → w1"],
    ],
    [
      "each its way, when one of two that share a shard is isolated",
      [
        [1, 1, true],
        [2, 2, false],
      ],
      { 1: at("a", "w0"), 2: at("a", "w0") },
      [1],
      [["a", "w2"]],
      ["tenant 1: its own shard, w0 → w1", "tenant 2, with the others of its shard: w0 → w2"],
    ],
  ] as const) {
    it(`is ${what}`, () => {
      const wantedPlaces = placements.map(([tenant, worker, own]) => ({ tenant, worker, isolate: own }));
      const found = new Map(
        Object.entries(shards).map(([tenant, shard]) => [Number(tenant), { tenant: Number(tenant), ...shard }]),
      );
      const plan = planPlacements(wantedPlaces, found, workers);
      assert.deepEqual(
        [plan.isolate, plan.move.map(({ shard, to }) => [shard, to]), plan.descriptions, plan.error],
        [isolate, move, words, undefined],
      );
    });
  }

  for (const [what, own, advice] of [
    [
      "that could be parted",
      false,
      /^tenants 1 and 2 share a shard, but are to be on w0 and w1: give one of them 'isolate', or both the same worker$/,
    ],
    [
      "whose ids have the same hash",
      true,
      /^tenants 1 and 2 share a shard, but are to be on w0 and w1: their ids have the same hash, so they cannot be parted$/,
    ],
  ] as const) {
    it(`is refused for two of one shard on two workers ${what}`, () => {
      const shards = new Map([1, 2].map((tenant) => [tenant, { tenant, ...at("a", "w0", own) }]));
      const both = [
        { tenant: 1, worker: 0, isolate: own },
        { tenant: 2, worker: 1, isolate: own },
      ];
      assert.match(planPlacements(both, shards, workers).error!, advice);
    });
  }
});
