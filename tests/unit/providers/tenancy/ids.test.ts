import assert from "node:assert/strict";
import { countIds, formatTenantIds, parseTenantIds, splitIntoBatches } from "@plinth/providers/tenancy/ids.ts";

const canonical = (configured: Parameters<typeof parseTenantIds>[0]) => formatTenantIds(parseTenantIds(configured));

describe("Tenant ids from configuration", () => {
  for (const [configured, want] of [
    [[10001], "10001"],
    [["10001"], "10001"],
    [[10003, 10001, 10002], "10001-10003"],
    [["20000-29999", 10001], "10001,20000-29999"],
    [["1-5", "3-9", "10"], "1-10"],
    [["1-9", "3-5"], "1-9"],
    [["7 - 8"], "7-8"],
    ["10001, 20000-29999", "10001,20000-29999"],
    [["9007199254740991"], "9007199254740991"],
  ] as const) {
    it(`reads ${JSON.stringify(configured)} as ${want}`, () => assert.equal(canonical(configured), want));
  }

  for (const [configured, expected] of [
    [["abc"], /"abc" is neither an id, as in 10001, nor a range/],
    [[""], /"" is neither an id/],
    [[-1], /"-1" is neither an id/],
    [[1.5], /"1.5" is neither an id/],
    [[0], /0 in "0" is out of range: an id is 1 to 9007199254740991/],
    [["9007199254740992"], /9007199254740992 in .* is out of range/],
    [["9-5"], /the range "9-5" ends before it begins/],
    [["1-9000000000"], /9000000000 ids are named, but at most 10000000/],
  ] as const) {
    it(`refuses ${JSON.stringify(configured)}`, () => assert.throws(() => parseTenantIds(configured), expected));
  }
});

describe("Tenant batches", () => {
  const batchesOf = (text: string) => splitIntoBatches(parseTenantIds(text));

  it("are at most eight for 100,000 tenants, with every id once", () => {
    const batches = batchesOf("10001,100000-199999");
    assert.ok(Object.keys(batches).length <= 8);
    assert.equal(canonical(Object.values(batches).join(",")), "10001,100000-199999");
    assert.equal(
      Object.values(batches).reduce((sum, ids) => sum + countIds(parseTenantIds(ids)), 0),
      100_001,
    );
  });

  it("change in one batch when a tenant is added", () => {
    const [before, after] = [batchesOf("10001,20000-99999"), batchesOf("10001,15000,20000-99999")];
    const changed = Object.keys(after).filter((batch) => after[batch] !== before[batch]);
    assert.equal(changed.length, 1);
    assert.match(after[changed[0]!]!, /(^|,)15000(,|$)/);
  });

  it("keep ranges short: 10,000 tenants are a few ranges", () => {
    const ranges = Object.values(batchesOf("10001-20000")).join(",").split(",");
    assert.ok(ranges.length <= 4, ranges.join(" "));
  });

  it("spread sparse ids over all eight", () => {
    const sparse = Array.from({ length: 64 }, (_, index) => index * 4096 + 5).join(",");
    assert.equal(Object.keys(batchesOf(sparse)).length, 8);
  });

  it("are none for no tenants", () => assert.deepEqual(splitIntoBatches([]), {}));
});
