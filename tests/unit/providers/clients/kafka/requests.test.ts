import assert from "node:assert/strict";
import { splitIntoRequests } from "@plinth/providers/clients/kafka/requests.ts";

describe("A set of records for the broker", () => {
  it("is split into requests of at most 9,000 records", () => {
    assert.deepEqual(
      splitIntoRequests([4_000, 4_000, 2_000, 9_500, 1], (records) => records),
      [[4_000, 4_000], [2_000], [9_500], [1]],
    );
    assert.deepEqual(
      splitIntoRequests([], () => 1),
      [],
    );
  });
});
