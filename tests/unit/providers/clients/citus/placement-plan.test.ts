import assert from "node:assert/strict";
import { planPlacements, type TenantShard } from "@plinth/providers/clients/citus/placement-plan.ts";

describe("The plan for placed tenants (INF-4)", () => {
  const workers = ["w0", "w1", "w2"];
  const shardOn = (shard: string, host: string, own = false): Omit<TenantShard, "tenant"> => ({
    shard,
    own,
    host,
    port: 5432,
  });
  for (const [what, placements, shards, isolate, move, expected] of [
    ["nothing for a tenant on its worker", [[1, 0, false]], { 1: shardOn("a", "w0") }, [], [], []],
    [
      "nothing for a tenant on its worker in its own shard",
      [[1, 0, true]],
      { 1: shardOn("a", "w0", true) },
      [],
      [],
      [],
    ],
    [
      "a move",
      [[1, 2, false]],
      { 1: shardOn("a", "w0") },
      [],
      [["a", "w2"]],
      ["tenant 1, with the others of its shard: w0 → w2"],
    ],
    [
      "a move of its own shard",
      [[1, 2, true]],
      { 1: shardOn("a", "w0", true) },
      [],
      [["a", "w2"]],
      ["tenant 1: w0 → w2"],
    ],
    ["a split on the same worker", [[1, 0, true]], { 1: shardOn("a", "w0") }, [1], [], ["tenant 1: its own shard"]],
    [
      "a split alone for a tenant that also moves: the new shard has no number yet",
      [[1, 1, true]],
      { 1: shardOn("a", "w0") },
      [1],
      [],
      ["tenant 1: its own shard, w0 → w1"],
    ],
    [
      "one move for two tenants of one shard",
      [
        [1, 1, false],
        [2, 1, false],
      ],
      { 1: shardOn("a", "w0"), 2: shardOn("a", "w0") },
      [],
      [["a", "w1"]],
      ["tenant 1, with the others of its shard: w0 → w1", "tenant 2, with the others of its shard: w0 → w1"],
    ],
    [
      "two ways for two tenants of one shard, if one is isolated",
      [
        [1, 1, true],
        [2, 2, false],
      ],
      { 1: shardOn("a", "w0"), 2: shardOn("a", "w0") },
      [1],
      [["a", "w2"]],
      ["tenant 1: its own shard, w0 → w1", "tenant 2, with the others of its shard: w0 → w2"],
    ],
  ] as const) {
    it(`has ${what}`, () => {
      const desired = placements.map(([tenant, worker, own]) => ({ tenant, worker, isolate: own }));
      const actual = new Map(
        Object.entries(shards).map(([tenant, shard]) => [Number(tenant), { tenant: Number(tenant), ...shard }]),
      );
      const plan = planPlacements(desired, actual, workers);
      assert.deepEqual(
        [plan.isolate, plan.move.map(({ shard, to }) => [shard, to]), plan.descriptions, plan.error],
        [isolate, move, expected, undefined],
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
    it(`is refused for two tenants of one shard on two workers ${what}`, () => {
      const shards = new Map([1, 2].map((tenant) => [tenant, { tenant, ...shardOn("a", "w0", own) }]));
      const both = [
        { tenant: 1, worker: 0, isolate: own },
        { tenant: 2, worker: 1, isolate: own },
      ];
      assert.match(planPlacements(both, shards, workers).error!, advice);
    });
  }
});
