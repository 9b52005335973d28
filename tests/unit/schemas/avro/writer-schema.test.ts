import assert from "node:assert/strict";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { inlineReferences, parseWriterSchema, type RegisteredText } from "@plinth/schemas/avro/writer-schema.ts";
import { createReader, createWriter } from "@plinth/schemas/codec/value-codec.ts";

const record = (name: string, fields: object[], more: object = {}) =>
  JSON.stringify({ type: "record", name, namespace: "shop", fields, ...more });

describe("a writer's schema", () => {
  it("is read without its defaults, aliases, orders and documentation, whatever they are", () => {
    const faulty = record("Order", [
      { name: "id", type: ["string", "null"], default: null, aliases: ["a-b"], doc: 7 },
      { name: "count", type: "long", default: "none", order: "UP" },
      { name: "kind", type: { type: "enum", name: "Kind", symbols: ["A"], default: "B", doc: null } },
    ]);
    assert.throws(() => parseSchema(faulty));
    const reader = parseSchema(record("Order", [{ name: "count", type: "long" }]));
    const value = { id: null, count: 3, kind: "A" };
    const bytes = createWriter(parseWriterSchema(faulty))(value);
    assert.deepEqual(createReader(reader, parseWriterSchema(faulty))(bytes), { count: 3 });
  });

  const versions: Record<string, RegisteredText> = {
    "money 1": { schema: record("Money", [{ name: "cents", type: "long" }]) },
    "line 2": {
      schema: record("Line", [{ name: "price", type: "Money" }]),
      references: [{ subject: "money", version: 1 }],
    },
    "loop 1": { schema: record("Loop", []), references: [{ subject: "loop", version: 1 }] },
  };
  const lookUps: string[] = [];
  const lookUp = async ({ subject, version }: { subject: string; version: number }) => {
    lookUps.push(`${subject} ${version}`);
    return versions[`${subject} ${version}`]!;
  };

  it("holds the types of its references, and theirs, each looked up once", async () => {
    const schema = record("Order", [
      { name: "total", type: "shop.Money" },
      { name: "lines", type: { type: "array", items: "Line" } },
    ]);
    const references = [
      { subject: "money", version: 1 },
      { subject: "line", version: 2 },
    ];
    const text = await inlineReferences({ schema, references }, lookUp);
    const order = parseSchema(text);
    const value = { total: { cents: 5 }, lines: [{ price: { cents: 2 } }] };
    assert.deepEqual(createReader(order)(createWriter(order)(value)), value);
    assert.deepEqual(lookUps.sort(), ["line 2", "money 1"]);
    assert.equal(await inlineReferences({ schema: '"long"' }, lookUp), '"long"');
  });

  it("is refused when its references lead back to themselves, rather than awaited for ever", () =>
    assert.rejects(
      inlineReferences({ schema: record("R", []), references: [{ subject: "loop", version: 1 }] }, lookUp),
      /the references lead from version 1 of loop back to it/,
    ));
});
