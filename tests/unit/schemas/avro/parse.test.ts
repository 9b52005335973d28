import { strict as assert } from "node:assert";
import {
  canonicalString,
  fingerprint,
  normalizedString,
  parsingCanonicalForm,
} from "@plinth/schemas/avro/canonical.ts";
import type { Json, JsonObject } from "@plinth/schemas/avro/json.ts";
import { type AvroError, type AvroRule, collectNamedTypes } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";

const record = (...fields: Json[]): JsonObject => ({ type: "record", name: "Bet", namespace: "app", fields });
const field = (type: Json, more: JsonObject = {}): JsonObject => ({ name: "x", type, ...more });

describe("parsing an Avro schema", () => {
  // Each with its rule, its place and its message.
  const invalid: [string, Json, AvroRule, string][] = [
    ["text that is not JSON", "{", "json", "schema: not JSON"],
    [
      "an unknown type",
      record(field("strin")),
      "undefined-name",
      `Bet.x: the type "strin" is not defined before it is used`,
    ],
    [
      "a type defined later",
      record(field("Eta"), { name: "y", type: { type: "fixed", name: "Eta", size: 1 } }),
      "undefined-name",
      "Bet.x",
    ],
    [
      "a type defined twice",
      record(field({ type: "fixed", name: "Eta", size: 1 }), {
        name: "y",
        type: { type: "fixed", name: "Eta", size: 1 },
      }),
      "redefinition",
      "Bet.y: the type app.Eta",
    ],
    ["a type inside itself", record(field(record())), "redefinition", "Bet.x: the type app.Bet is defined twice"],
    ["a name with a hyphen", { type: "fixed", name: "a-b", size: 1 }, "name", `the name "a-b"`],
    ["a name of a primitive", { type: "fixed", name: "long", size: 1 }, "name", "primitive"],
    ["an empty part of a namespace", { type: "fixed", name: "a..b", size: 1 }, "name", "namespace"],
    ["a union in a union", record(field(["null", ["int"]])), "union", "Bet.x: a union may not hold a union"],
    ["a branch twice", record(field(["int", "int"])), "union", "Bet.x: the union holds int twice"],
    [
      "two arrays in a union",
      [
        { type: "array", items: "int" },
        { type: "array", items: "long" },
      ],
      "union",
      "array twice",
    ],
    ["a field twice", record(field("int"), field("long")), "field", "the field x is there twice"],
    ["a symbol twice", { type: "enum", name: "E", symbols: ["A", "A"] }, "enum", "the symbol A is there twice"],
    [
      "an enum's foreign default",
      { type: "enum", name: "E", symbols: ["A"], default: "B" },
      "enum",
      `"B" is not one of its symbols`,
    ],
    ["a negative size", { type: "fixed", name: "F", size: -1 }, "size", "size"],
    ["an order that is none", record(field("int", { order: "up" })), "order", "Bet.x"],
    [
      "an integer too large",
      record(field("int", { default: 2147483648 })),
      "default",
      "Bet.x: the default 2147483648 is not of type int",
    ],
    [
      "a long too large",
      `{"type":"record","name":"R","fields":[{"name":"x","type":"long","default":9223372036854775808}]}`,
      "default",
      "R.x",
    ],
    [
      "a fraction for a long",
      `{"type":"record","name":"R","fields":[{"name":"x","type":"long","default":1.0}]}`,
      "default",
      "R.x: the default 1.0",
    ],
    [
      "a default of no branch",
      record(field(["null", "int"], { default: "a" })),
      "default",
      "matches no branch of the union (null, int)",
    ],
    [
      "an enum field's foreign default",
      record(field({ type: "enum", name: "E", symbols: ["A"] }, { default: "B" })),
      "default-text",
      "Bet.x",
    ],
    [
      "a short fixed default",
      record(field({ type: "fixed", name: "F", size: 2 }, { default: "a" })),
      "default-text",
      "has 1 bytes, not 2",
    ],
    ["a default deep inside", record(field({ type: "array", items: record2() })), "default", "Bet.x[].amount_cents"],
    [
      "a default that lacks a field",
      record(field({ type: "record", name: "In", fields: [{ name: "a", type: "int" }] }, { default: {} })),
      "default",
      "lacks its field a",
    ],
    [
      "a deep default",
      JSON.parse(
        `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":${"[".repeat(1000)}${"]".repeat(1000)}}]}`,
      ),
      "depth",
      "the default is nested more than",
    ],
    [
      "a deep attribute",
      JSON.parse(`{"type":"string","note":${"[".repeat(1000)}${"]".repeat(1000)}}`),
      "depth",
      "the attribute note is nested more than",
    ],
    [
      "nesting without end",
      JSON.parse(`${`{"type":"array","items":`.repeat(500)}"int"${"}".repeat(500)}`),
      "depth",
      "nested more than",
    ],
  ];
  for (const [what, schema, rule, words] of invalid) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseSchema(typeof schema === "string" ? schema : JSON.stringify(schema)),
        (error: AvroError) => error.rule === rule && error.message.includes(words),
      );
    });
  }

  it("takes a default of any branch of a union, as Avro 1.12 does", () => {
    assert.doesNotThrow(() => parseSchema(record(field(["null", "int"], { default: 7 }))));
  });

  it("lets a record refer to itself, as one object", () => {
    const schema = parseSchema(JSON.stringify(record(field(["null", "Bet"], { default: null }))));
    assert.ok(schema.type === "record" && schema.fields[0]?.type.type === "union");
    assert.equal(schema.fields[0].type.branches[1], schema);
  });

  it("keeps a logical type only where its rules hold", () => {
    const logical = (schema: object) => {
      const parsed = parseSchema(JSON.stringify(schema));
      return parsed.type === "union" ? undefined : parsed.logicalType;
    };
    assert.deepEqual(logical({ type: "bytes", logicalType: "decimal", precision: 9, scale: 2 }), {
      name: "decimal",
      precision: 9,
      scale: 2,
    });
    assert.equal(logical({ type: "bytes", logicalType: "decimal", precision: 2, scale: 9 }), undefined);
    assert.equal(logical({ type: "int", logicalType: "timestamp-millis" }), undefined);
    assert.equal(logical({ type: "fixed", name: "F", size: 3, logicalType: "decimal", precision: 7 }), undefined);
    assert.deepEqual(logical({ type: "fixed", name: "F", size: 3, logicalType: "decimal", precision: 6 }), {
      name: "decimal",
      precision: 6,
      scale: 0,
    });
  });

  it("finds the named types of references, nested ones too", () => {
    const money = parseSchema({
      type: "record",
      name: "Money",
      namespace: "app",
      fields: [{ name: "currency", type: { type: "enum", name: "Currency", symbols: ["EUR"] } }],
    });
    const bet = parseSchema(record(field("Money"), { name: "currency", type: "Currency" }), { references: [money] });
    assert.deepEqual([...collectNamedTypes(bet).keys()], ["app.Bet", "app.Money", "app.Currency"]);
    assert.equal(
      canonicalString(bet, collectNamedTypes(money).keys()),
      `{"type":"record","name":"Bet","namespace":"app","fields":[{"name":"x","type":"Money"},{"name":"currency","type":"Currency"}]}`,
    );
  });
});

describe("the canonical text of a schema", () => {
  it("is the same for another layout, order of attributes and spelling of names", () => {
    const spaced = `{ "name": "app.Bet", "fields": [ {"type": {"type": "long"}, "name": "x", "doc": "d"} ], "type": "record" }`;
    assert.equal(
      canonicalString(parseSchema(spaced)),
      canonicalString(parseSchema(record(field("long", { doc: "d" })))),
    );
  });

  it("keeps numbers that JavaScript's would change", () => {
    const text = `{"type":"record","name":"R","fields":[{"name":"x","type":"long","default":9223372036854775807},{"name":"y","type":"double","default":1.0}]}`;
    assert.equal(canonicalString(parseSchema(text)), text);
  });

  it("keeps documentation and defaults, which the parsing form and the fingerprint leave out", () => {
    const [plain, documented] = [
      parseSchema(record(field("long"))),
      parseSchema(record(field("long", { doc: "d", default: 1 }))),
    ];
    assert.notEqual(canonicalString(plain), canonicalString(documented));
    assert.equal(
      parsingCanonicalForm(plain),
      `{"name":"app.Bet","type":"record","fields":[{"name":"x","type":"long"}]}`,
    );
    assert.equal(fingerprint(plain), fingerprint(documented));
  });

  it("orders custom attributes only when normalized", () => {
    const [one, other] = [parseSchema({ type: "long", b: 1, a: 2 }), parseSchema({ type: "long", a: 2, b: 1 })];
    assert.notEqual(canonicalString(one), canonicalString(other));
    assert.equal(normalizedString(one), normalizedString(other));
  });
});

function record2(): JsonObject {
  return { type: "record", name: "Line", fields: [{ name: "amount_cents", type: "long", default: 1.5 }] };
}
