import assert from "node:assert/strict";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { checkReaderWriter } from "@plinth/schemas/avro/reader-writer.ts";
import { createReader, createWriter } from "@plinth/schemas/codec/value-codec.ts";
import { loadSchemas } from "@plinth/schemas/folder.ts";
import { checkFolder } from "@plinth/schemas/gate/gate.ts";
import { checkServiceTypes } from "@plinth/schemas/gate/service-types.ts";
import {
  entryFor,
  event,
  type Json,
  recordedFolder,
  removeFolders,
  schemaFolder,
} from "../../../support/schema-folder.ts";

const field = (name: string, type: Json, more: { [key: string]: Json } = {}) => ({ name, type, ...more });
const findingsOf = (files: Record<string, Json>) =>
  checkFolder(
    loadSchemas(schemaFolder(files)),
    Object.keys(files).map((file) => entryFor(file.replace(".avsc", ""))),
  ).filter(({ rule }) => rule !== "unrecorded");

/** Each was Avro to the gate, and ended the service that loaded it. */
describe("what is Avro, but no service can use (PLT-3)", () => {
  afterEach(removeFolders);

  const lonely: Json = { type: "record", name: "Lonely", fields: [field("self", "Lonely")] };
  const refused: [label: string, field: Json, place: string, reason: RegExp][] = [
    ["an empty union", field("x", []), "event_data.x", /the union has no branch, and so no value/],
    [
      "an empty enum",
      field("x", ["null", { type: "enum", name: "None", symbols: [] }]),
      "event_data.x",
      /plinth\.test\.None has no symbol, and so no value/,
    ],
    ["a record in itself", field("x", lonely), "event_data.x", /Lonely contains itself without end/],
    [
      "a record in itself by a union",
      field("x", { ...lonely, fields: [field("self", ["Lonely"])] }),
      "event_data.x",
      /Lonely contains itself without end/,
    ],
    [
      "nanoseconds",
      field("x", { type: "array", items: { type: "long", logicalType: "timestamp-nanos" } }),
      "event_data.x[]",
      /timestamp-nanos exceeds/,
    ],
    [
      "local nanoseconds",
      field("x", { type: "long", logicalType: "local-timestamp-nanos" }),
      "event_data.x",
      /local-timestamp-nanos exceeds/,
    ],
    ["a field called __proto__", field("__proto__", "string"), "event_data.__proto__", /__proto__/],
    ["a field called constructor", field("constructor", "string"), "event_data.constructor", /field named constructor/],
    [
      "a type called toString",
      field("x", { type: "fixed", name: "toString", namespace: "", size: 8 }),
      "event_data.x",
      /a type named toString/,
    ],
    [
      "a symbol called valueOf",
      field("x", { type: "enum", name: "Kind", symbols: ["A", "valueOf"] }),
      "event_data.x",
      /a symbol named valueOf/,
    ],
    [
      "a default of the second branch",
      field("x", ["string", "null"], { default: null }),
      "event_data.x",
      /the default null is not of the union's first branch, string/,
    ],
    [
      "an alias that is another field's name",
      field("x", "int", { aliases: ["y"] }),
      "event_data.x",
      /the alias y is the name of a field of the same record/,
    ],
  ];
  for (const [label, wrong, place, reason] of refused)
    it(`is refused by name: ${label}`, () => {
      const [finding, ...more] = findingsOf({ "T.avsc": event({}, [wrong, field("y", "int")]) });
      assert.deepEqual([finding?.rule, finding?.field, more], ["service-types", place, []]);
      assert.match(finding!.reason, reason);
      assert.ok(finding!.remedy.length > 0);
    });

  for (const [label, spelled, type] of [
    ["a long", "9007199254740992", '"long"'],
    ["a long in an array", "[9223372036854775807]", '{"type":"array","items":"long"}'],
    ["a long in a map", '{"a":-9007199254740992}', '{"type":"map","values":["long","null"]}'],
  ] as const)
    it(`is refused by name: ${label} whose default no number holds`, () => {
      const marked = JSON.stringify(event({}, [field("x", "TYPE", { default: "DEFAULT" })]));
      const text = marked.replace('"TYPE"', type).replace('"DEFAULT"', spelled);
      const [finding, ...more] = findingsOf({ "T.avsc": text });
      assert.deepEqual([finding?.rule, finding?.field, more], ["service-types", "event_data.x", []]);
      assert.match(finding!.reason, /is a long beyond ±\(2\^53 - 1\)/);
    });

  it("is refused by name: a short name that means another namespace", () => {
    const outside = { type: "enum", name: "Kind", namespace: "", symbols: ["A"] };
    const [finding, ...more] = findingsOf({ "T.avsc": event({}, [field("x", outside), field("y", "Kind")]) });
    assert.deepEqual([finding?.rule, finding?.field, more], ["avro", "event_data.y", []]);
    assert.match(finding!.reason, /the short name "Kind" means plinth\.test\.Kind here, which is not defined/);
  });

  it("is not: what has a value, at the bounds of a number, and a name that objects inherit in a namespace", () => {
    const fields = [
      field("x", "long", { default: 9007199254740991 }),
      field("next", ["null", "TestData"], { default: null }),
      field("at", { type: "long", logicalType: "timestamp-micros" }),
      field("kind", { type: "enum", name: "valueOf", symbols: ["A"] }),
      field("many", { type: "array", items: "TestData" }),
    ];
    assert.deepEqual(findingsOf({ "T.avsc": event({}, fields) }), []);
    recordedFolder(entryFor("T"), event({}, fields));
  });
});

describe("records that hold two of the next one each (PLT-3)", () => {
  it("are judged, compiled and read once each, not two to the power of their number of times", () => {
    const part = (index: number): Json => (index === 40 ? "null" : record(index));
    const record = (index: number): Json => ({
      ...{ type: "record", name: `R${index}` },
      fields: [
        field("a", part(index + 1), { default: index === 39 ? null : {} }),
        field("b", index === 39 ? "null" : `R${index + 1}`, { default: index === 39 ? null : {} }),
      ],
    });
    const schema = parseSchema(JSON.stringify({ ...(record(0) as object), name: "Root" }));
    // A reader of a record without the field would make them all.
    const [violation, ...more] = checkServiceTypes(schema);
    assert.match(violation!.reason, /the default stands for 16383 values/);
    assert.deepEqual(more, []);
    assert.deepEqual(checkReaderWriter(schema, schema), []);
    createWriter(schema);
    createReader(schema);
    createReader(parseSchema(JSON.stringify({ type: "array", items: record(0) })));
  });
});

describe("a default that holds itself by the first branch that it fits (PLT-3)", () => {
  it("is refused", () => {
    const type: Json = ["R", { type: "map", values: "int" }];
    const schema = parseSchema(
      JSON.stringify({ type: "record", name: "R", fields: [field("a", type, { default: {} })] }),
    );
    const [violation] = checkServiceTypes(schema);
    assert.match(violation!.reason, /the default stands for endless values/);
  });
});

describe("types of one name in TypeScript (PLT-3)", () => {
  afterEach(removeFolders);
  const kind = (name: string, namespace = "plinth.test") => ({ type: "enum", name, namespace, symbols: ["A"] });

  for (const [label, names, reason] of [
    ["in two namespaces", [kind("Kind", "one"), kind("Kind", "two")], /two\.Kind would be Kind .* is one\.Kind/],
    ["in two spellings", [kind("bet_kind"), kind("BetKind")], /BetKind would be BetKind .* is plinth\.test\.bet_kind/],
    ["as the generated index", [kind("events"), kind("other")], /events would be Events .* name of the generated code/],
    ["as the type of bytes", [kind("Uint8Array"), kind("other")], /name of the generated code/],
  ] as const)
    it(`are refused ${label}`, () => {
      const [finding, ...more] = findingsOf({ "T.avsc": event({}, [field("a", names[0]), field("b", names[1])]) });
      assert.deepEqual([finding?.rule, finding?.file, more], ["type-name", "T.avsc", []]);
      assert.match(finding!.reason, reason);
    });

  it("are refused in two topics, before anything is recorded", () => {
    const findings = findingsOf({ "A.avsc": event(), "B.avsc": event() });
    assert.deepEqual(
      findings.map(({ file, rule }) => [file, rule]),
      [
        ["B.avsc", "type-name"],
        ["B.avsc", "type-name"],
        ["B.avsc", "type-name"],
      ],
    );
    assert.match(findings[0]!.reason, /TestEvent would be TestEvent in TypeScript, which is .*TestEvent of A\.avsc/);
  });
});
