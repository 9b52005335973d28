import { strict as assert } from "node:assert";
import {
  COMPATIBILITY_LEVELS,
  type CompatibilityLevel,
  checkCompatibility,
} from "@plinth/schemas/avro/compatibility.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";

const bet = (...fields: object[]) =>
  parseSchema(JSON.stringify({ type: "record", name: "V1_BETS", fields: [{ name: "id", type: "string" }, ...fields] }));
const base = bet();
const required = bet({ name: "amount_cents", type: "long" });
const optional = bet({ name: "amount_cents", type: "long", default: 0 });

describe("compatibility levels", () => {
  // Earlier versions oldest first, the candidate, and the levels that it satisfies.
  const cases: [string, ReturnType<typeof bet>[], ReturnType<typeof bet>, CompatibilityLevel[]][] = [
    ["the first version", [], required, [...COMPATIBILITY_LEVELS]],
    ["an added field without default", [base], required, ["NONE", "FORWARD", "FORWARD_TRANSITIVE"]],
    ["an added field with default", [base], optional, [...COMPATIBILITY_LEVELS]],
    ["a removed field without default", [required], base, ["NONE", "BACKWARD", "BACKWARD_TRANSITIVE"]],
    [
      "a default that only the latest version allows to drop",
      [base, optional],
      required,
      ["NONE", "BACKWARD", "FORWARD", "FORWARD_TRANSITIVE", "FULL"],
    ],
  ];
  for (const [what, earlier, candidate, satisfied] of cases) {
    it(`judge ${what} (INF-7)`, () => {
      const compatible = COMPATIBILITY_LEVELS.filter(
        (level) => checkCompatibility(level, candidate, earlier).compatible,
      );
      assert.deepEqual(compatible.toSorted(), satisfied.toSorted());
    });
  }

  it("name the field, the kind, the place and the version (PLT-3)", () => {
    const { messages } = checkCompatibility("BACKWARD_TRANSITIVE", required, [base, optional]);
    assert.deepEqual(messages, [
      "V1_BETS.amount_cents: the field has no default and data written with the other schema lacks it (READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1; the new schema cannot read data of version 1)",
    ]);
  });

  it("say which reader fails when the old schema cannot read the new data", () => {
    const { incompatibilities } = checkCompatibility("FULL", base, [required]);
    assert.deepEqual(
      incompatibilities.map(({ reader, type, field, against }) => ({ reader, type, field, against })),
      [{ reader: "old", type: "READER_FIELD_MISSING_DEFAULT_VALUE", field: "V1_BETS.amount_cents", against: 0 }],
    );
  });
});
