import assert from "node:assert/strict";
import { createUnknownTenantLimit } from "@plinth/kit/database/unknown-tenant-limit.ts";

/** How many of the addresses, asked for at one moment, are admitted at once. */
function admitted(addresses: readonly string[]): number {
  const limit = createUnknownTenantLimit(() => 0);
  return addresses.filter((address) => limit.admits(address) === true).length;
}

const numbered = (address: (hex: string) => string) =>
  Array.from({ length: 300 }, (_, index) => address((index + 1).toString(16)));

describe("the limit of unknown tenants by address", () => {
  for (const [what, addresses] of [
    ["2001:db8:1:2::/64", numbered((hex) => `2001:db8:1:2::${hex}`)],
    ["2001:db8::/64, whose zeros are left out", numbered((hex) => `2001:db8::${hex}`)],
    ["2001:db8::/64, in its other half", numbered((hex) => `2001:db8::${hex}:0:0:1`)],
    ["fe80::/64 with an interface", numbered((hex) => `fe80::${hex}%eth0`)],
  ] as const)
    it(`is one for ${what}`, () => assert.equal(admitted(addresses), 200));

  it("is another for each network, and for each address of IPv4", () => {
    assert.equal(admitted(numbered((hex) => `2001:db8:1:${hex}::1`)), 300);
    assert.equal(admitted(numbered((hex) => `2001:db8:${hex}::`)), 300);
    assert.equal(
      admitted(numbered((hex) => `::ffff:10.0.${Number.parseInt(hex, 16) >> 8}.${Number.parseInt(hex, 16) & 255}`)),
      300,
    );
    assert.equal(
      admitted(numbered((hex) => `10.0.${Number.parseInt(hex, 16) >> 8}.${Number.parseInt(hex, 16) & 255}`)),
      300,
    );
  });
});
