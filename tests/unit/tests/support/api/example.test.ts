import assert from "node:assert/strict";
import { example, type Source } from "../../../../support/api/example.ts";
import { textMatching } from "../../../../support/api/pattern.ts";

describe("examples of a schema", () => {
  for (const pattern of [
    "^[A-Z]{3}$",
    "^(?:ab|c)+\\d{2,4}$",
    "^[^x]y?z*\\.$",
    "^[a-z][a-z0-9-]{1,5}$",
    "^\\w+@[\\w.]+$",
    "",
  ]) {
    it(`fit the pattern ${pattern} (PLT-7)`, () => assert.match(textMatching(pattern), new RegExp(pattern, "u")));
  }

  it("are refused for an unsupported pattern", () => {
    assert.throws(() => textMatching("^(?=.*x).*$"), /look-around/);
  });

  const source: Source = {
    known: (name) => (name === "account_id" ? "known" : undefined),
    text: (least, most) => "t".repeat(Math.min(Math.max(least, 5), most)),
    integer: (least, most) => Math.min(Math.max(least, 7), most),
    optional: true,
  };
  const schema = {
    type: "object",
    required: ["a"],
    properties: {
      a: { type: "string", minLength: 9 },
      account_id: { type: "string", format: "uuid" },
      n: { type: "integer", minimum: 1, maximum: 5 },
      list: { type: "array", items: { anyOf: [{ type: "string", maxLength: 2 }, { type: "null" }] } },
      kind: { enum: ["ONE", "TWO"] },
    },
  };

  it("fill every field, with known values where there are some (PLT-7)", () => {
    assert.deepEqual(example(schema, source), { a: "ttttttttt", account_id: "known", n: 5, list: ["tt"], kind: "ONE" });
    assert.deepEqual(example(schema, { ...source, optional: false }), { a: "ttttttttt" });
  });
});
