import assert from "node:assert/strict";
import { batchesByKeyHash, groupByKey } from "@plinth/kit/kafka/key-batching.ts";

const items = (keys: readonly (string | null)[]) =>
  keys.map((key, index) => ({
    index,
    record: { key: key === null ? null : Buffer.from(key), value: null, offset: String(index), timestamp: "0" },
  }));
const indexes = (groups: readonly (readonly { index: number }[])[]) =>
  groups.map((group) => group.map(({ index }) => index));

describe("key batching", () => {
  it("groups by key in order, and each record without a key alone", () => {
    assert.deepEqual(indexes(groupByKey(items(["a", "b", null, "a", null]))), [[0, 3], [1], [2], [4]]);
  });

  it("keeps fewer than 250 events in one batch", () => {
    assert.equal(batchesByKeyHash(4)(items(Array(250).fill("a"))).length, 1);
    assert.deepEqual(batchesByKeyHash(4)([]), []);
  });

  it("splits a large batch into at most as many parts as calls run at a time, each key in one", () => {
    const records = items(Array.from({ length: 3000 }, (_, index) => `key-${index % 50}`));
    const batches = batchesByKeyHash(3)(records);
    assert.equal(batches.length, 3);
    assert.equal(batches.flat().length, 3000);
    const places = batches.flatMap((batch, place) => [...new Set(batch.map(({ record }) => `${record.key}@${place}`))]);
    assert.equal(places.length, 50, "a key is in two batches");
    for (const batch of indexes(batches))
      assert.deepEqual(
        batch,
        batch.toSorted((one, other) => one - other),
      );
  });
});
