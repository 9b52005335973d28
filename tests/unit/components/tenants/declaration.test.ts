import assert from "node:assert/strict";
import { formatTenantIds } from "@plinth/providers/tenancy/ids.ts";
import { parseTenants } from "../../../../components/tenants/declaration.ts";

const read = (configured: unknown) =>
  parseTenants(configured).map(({ ids, ...settings }) => ({ ids: formatTenantIds(ids), ...settings }));
const shared = { cache: "shared" };
const slow = { produceBytesPerSecond: 1024 };

describe("the declaration of tenants (PLT-6)", () => {
  for (const [configured, want] of [
    ["10001,20000-29999", [{ ids: "10001,20000-29999", ...shared }]],
    [10001, [{ ids: "10001", ...shared }]],
    [[10001, "20000-29999"], [{ ids: "10001,20000-29999", ...shared }]],
    [
      '[10001,{"ids":"5-6","cache":"isolated"}]',
      [
        { ids: "5-6", cache: "isolated" },
        { ids: "10001", ...shared },
      ],
    ],
    [[{ ids: 10001, broker: slow }], [{ ids: "10001", broker: slow, ...shared }]],
    [
      [{ ids: [1, "3"], placement: { worker: 1 } }],
      [{ ids: "1,3", placement: { worker: 1, isolate: false }, ...shared }],
    ],
    [
      [{ ids: 7, placement: { worker: 0, isolate: true } }],
      [{ ids: "7", placement: { worker: 0, isolate: true }, ...shared }],
    ],
    // The same settings, whatever their order, are one declaration, and a tenant may be named twice
    // with them.
    [
      [
        { ids: "1-4", broker: { requestPercentage: 50, ...slow } },
        { broker: { ...slow, requestPercentage: 50 }, ids: "3-9" },
      ],
      [{ ids: "1-9", broker: { ...slow, requestPercentage: 50 }, ...shared }],
    ],
  ] as const) {
    it(`reads ${JSON.stringify(configured)}`, () => assert.deepEqual(read(configured), want));
  }

  for (const [configured, sentence] of [
    [
      undefined,
      /^tenants is missing, but must be ids, as in "10001,20000-29999", or a list of them and of \{ ids, … \}$/,
    ],
    [[], /^tenants is \[\], but must be ids/],
    [{ ids: 1 }, /^tenants is \{"ids":1\}, but must be ids/],
    ["[1", /^tenants starts like a list, but is not JSON: /],
    ["x", /^tenants: "x" is neither an id, as in 10001, nor a range/],
    [[1, "9-5"], /^tenants\[1\]: the range "9-5" ends before it begins$/],
    [
      [{ broker: slow }],
      /^tenants\[0\]: 'ids' is missing, but must be an id, a range, as in "20000-29999", or a list of them$/,
    ],
    [[{ ids: [] }], /^tenants\[0\]: 'ids' is \[\], but must be an id/],
    [[{ ids: "a" }], /^tenants\[0\]\.ids: "a" is neither an id/],
    [[null], /^tenants\[0\] is null, but must be an object with the fields ids, broker, placement, cache$/],
    [
      [{ ids: 1, quota: {} }],
      /^tenants\[0\]: 'quota' is not a field of a tenant; the fields are ids, broker, placement, cache$/,
    ],
    [[{ ids: 1, cache: "own" }], /^tenants\[0\]: 'cache' is "own", but must be 'shared' or 'isolated'$/],
    [
      [{ ids: 1, broker: {} }],
      /^tenants\[0\]: 'broker' is \{\}, but must be an object with at least one of produceBytesPerSecond, consumeBytesPerSecond, /,
    ],
    [
      [{ ids: 1, broker: 5 }],
      /^tenants\[0\]: 'broker' is 5, but must be an object with at least one of produceBytesPerSecond, /,
    ],
    [
      [{ ids: 1, broker: { produceBytesPerSecond: "1M" } }],
      /^tenants\[0\]: 'broker\.produceBytesPerSecond' is "1M", but must be a whole number from 1 to /,
    ],
    [
      [{ ids: 1, broker: { consumeBytesPerSecond: 0.5 } }],
      /'broker\.consumeBytesPerSecond' is 0\.5, but must be a whole number/,
    ],
    [[{ ids: 1, broker: { requestPercentage: 0 } }], /'broker\.requestPercentage' is 0, but must be a number above 0/],
    [
      [{ ids: 1, placement: {} }],
      /^tenants\[0\]: 'placement\.worker' is missing, but must be a whole number from 0 to 999$/,
    ],
    [[{ ids: 1, placement: { worker: -1 } }], /'placement\.worker' is -1, but must be/],
    [
      [{ ids: 1, placement: { worker: 0, isolate: "yes" } }],
      /'placement\.isolate' is "yes", but must be true or false$/,
    ],
    [
      [{ ids: "1,5-9", placement: { worker: 0 } }],
      /^tenants\[0\]\.placement is given for the range "5-9", but tenants are moved one by one: name single ids$/,
    ],
    [
      ["1-99", { ids: 50, broker: slow }],
      /^tenants: 50 is in tenants\[0\] and in tenants\[1\], with different settings: name each tenant once$/,
    ],
    [
      [
        { ids: 7, placement: { worker: 0 } },
        { ids: 7, placement: { worker: 1 } },
      ],
      /^tenants: 7 is in tenants\[0\] and in tenants\[1\]/,
    ],
    [
      [{ ids: "1-200001", cache: "isolated" }],
      /^tenants: 200001 have a quota or a cache user, but at most 200000 may have one$/,
    ],
    [
      [{ ids: "1-6000000", broker: slow }, { ids: "6000001-12000000" }],
      /^tenants: 12000000 ids are named, but at most 10000000/,
    ],
  ] as const) {
    it(`refuses ${JSON.stringify(configured)}`, () => {
      assert.throws(
        () => parseTenants(configured),
        (error: Error) => {
          assert.match(error.message, sentence);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });
  }

  it("reads 10,000 different entries within a second", () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => ({
      ids: index + 1,
      broker: { produceBytesPerSecond: index + 1 },
    }));
    const started = performance.now();
    assert.equal(parseTenants(entries).length, 10_000);
    assert.ok(performance.now() - started < 1_000);
  });
});
