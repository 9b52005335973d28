import assert from "node:assert/strict";
import type { IdRange } from "@plinth/providers/tenancy/ids.ts";
import { tenantPattern } from "../../../../../../components/observability/kubernetes/alloy/tenant-pattern.ts";
import { Random } from "../../../../../support/random.ts";

describe("the pattern of a stack's tenants", () => {
  for (const [ranges, pattern] of [
    [[[10_001, 10_001]], "10001"],
    [[[10_001, 10_009]], "1000[1-9]"],
    [[[10_001, 10_050]], "1000[1-9]|100[1-4][0-9]{1}|10050"],
    [[[20_000, 29_999]], "2[0-9]{4}"],
  ] as [IdRange[], string][])
    it(`of ${JSON.stringify(ranges)} is ${pattern}`, () => assert.equal(tenantPattern(ranges), pattern));

  it("matches exactly the numbers of random ranges", () => {
    const random = new Random(11);
    for (let round = 0; round < 60; round++) {
      const first = 1 + random.below(12_000);
      const last = first + random.below(4_000);
      const expression = new RegExp(`^(?:${tenantPattern([[first, last]])})$`);
      for (let id = Math.max(1, first - 200); id <= last + 200; id++)
        assert.equal(expression.test(String(id)), id >= first && id <= last, `${id} of ${first}-${last}`);
    }
  });

  it("stays short for a range of millions", () => assert.ok(tenantPattern([[10_001, 9_999_999]]).length < 200));
});
