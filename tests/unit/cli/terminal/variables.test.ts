import assert from "node:assert/strict";
import { defaulted } from "@plinth/local/validation/defaults.ts";
import { object, oneOf, optional, wholeNumber } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import { readVariables, switchedOn, tenantNumber } from "../../../../cli/terminal/variables.ts";

const rule = object({
  SECONDS: defaulted(wholeNumber(1, 600), { default: 10 }),
  FORCE: defaulted(switchedOn(), { default: false }),
  LEVEL: optional(oneOf(["info", "warn"])),
  SERVICES: optional(Type.Array(Type.String())),
  TENANT: optional(tenantNumber()),
});

describe("variables of make", () => {
  it("have their defaults where they are left out or empty", () =>
    assert.deepEqual(readVariables(rule, { SECONDS: "", LEVEL: undefined, HOME: "/root" }), {
      SECONDS: 10,
      FORCE: false,
    }));

  it("become what their rules say", () =>
    assert.deepEqual(
      readVariables(rule, { SECONDS: "5", FORCE: "1", LEVEL: "warn", SERVICES: "wallet, highload", TENANT: "10001" }),
      { SECONDS: 5, FORCE: true, LEVEL: "warn", SERVICES: ["wallet", "highload"], TENANT: "10001" },
    ));

  for (const [texts, message] of [
    [{ SECONDS: "0" }, "SECONDS is 0, but must be a whole number from 1 to 600"],
    [{ SECONDS: "1e2" }, "SECONDS is '1e2', but must be a whole number from 1 to 600"],
    [{ SECONDS: "9".repeat(16) }, "SECONDS is '9999999999999999', but must be a whole number from 1 to 600"],
    [{ FORCE: "yes" }, "FORCE is 'yes', but must be 0 or 1"],
    [{ LEVEL: "loud" }, "LEVEL is 'loud', but must be 'info' or 'warn'"],
    [
      { TENANT: "acme" },
      "TENANT is 'acme', but must be a tenant's number from 1 to 9007199254740991, as in TENANT=10001",
    ],
    [
      { TENANT: "9007199254740992" },
      "TENANT is '9007199254740992', but must be a tenant's number from 1 to 9007199254740991, as in TENANT=10001",
    ],
  ] as const)
    it(`are refused: ${JSON.stringify(texts).slice(0, 40)}`, () =>
      assert.throws(() => readVariables(rule, texts), { name: "", message }));
});
