import assert from "node:assert/strict";
import { AvroError, type Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { checkReaderWriter } from "@plinth/schemas/avro/reader-writer.ts";
import { createReader, createWriter } from "@plinth/schemas/codec/value-codec.ts";
import { checkServiceTypes } from "@plinth/schemas/gate/service-types.ts";
import avsc from "avsc";
import { randomSchema } from "../../../support/avro/generator.ts";
import { evolveSchema } from "../../../support/avro/mutation.ts";
import { randomValue } from "../../../support/avro/values.ts";
import { Random } from "../../../support/random.ts";

const SEED = Number(process.env.AVRO_SEED ?? 20261128);
const PAIRS = 6000;

type Count = "passed" | "refused" | "values" | "resolved" | "avsc";

describe("the codec, on generated schemas that the gate passes (INF-7)", () => {
  it(`loads all of ${PAIRS} pairs, and reads each version's values and defaults as the other version`, () => {
    const random = new Random(SEED);
    const counts = { passed: 0, refused: 0, values: 0, resolved: 0, avsc: 0 };
    for (let index = 0; index < PAIRS; index++) {
      const json = randomSchema(random);
      const texts = [json, evolveSchema(random, json, random.below(4))].map((one) => JSON.stringify(one));
      try {
        judgePair(random, texts, counts);
      } catch (error) {
        throw new Error(`seed ${SEED}, pair ${index}:\n  ${texts.join("\n  ")}`, { cause: error });
      }
    }
    const least = { passed: 6000, refused: 300, values: 10_000, resolved: 4000, avsc: 2000 };
    for (const [what, count] of Object.entries(counts))
      assert.ok(count >= least[what as Count], `only ${count} ${what} of ${JSON.stringify(counts)}`);
  });
});

function judgePair(random: Random, texts: string[], counts: Record<Count, number>): void {
  const schemas = texts.map(passed);
  for (const [index, schema] of schemas.entries()) {
    counts[schema === undefined ? "refused" : "passed"]++;
    if (schema === undefined) continue;
    counts.values += roundTrip(random, schema);
    counts.avsc += compareWithAvsc(random, schema, texts[index]!);
  }
  const [older, newer] = schemas;
  if (older === undefined || newer === undefined) return;
  counts.resolved += resolve(random, newer, older) + resolve(random, older, newer);
}

/** What is read as the reader's type is a value of it. */
function resolve(random: Random, reader: Schema, writer: Schema): number {
  if (checkReaderWriter(reader, writer).length > 0) return 0;
  const [read, write, writeAgain] = [createReader(reader, writer), createWriter(writer), createWriter(reader)];
  for (let turn = 0; turn < 3; turn++) writeAgain(read(write(randomValue(random, writer))));
  return 1;
}

/** The schema, if the parser and the gate's rules for services pass it. */
function passed(text: string): Schema | undefined {
  try {
    const schema = parseSchema(text, { strictNames: true });
    return checkServiceTypes(schema).length === 0 ? schema : undefined;
  } catch (error) {
    if (error instanceof AvroError) return undefined;
    throw error;
  }
}

/** Sample values, and a record of defaults alone where each field has one. */
function roundTrip(random: Random, schema: Schema): number {
  const [write, read] = [createWriter(schema), createReader(schema)];
  const samples = Array.from({ length: 2 }, () => randomValue(random, schema));
  for (const sample of samples) assert.deepEqual(read(write(sample, 5), 5), sample);
  if (schema.type === "record" && schema.fields.every((field) => field.default !== undefined)) {
    const defaults = read(write({}));
    assert.deepEqual(read(write(defaults)), defaults);
    const empty = parseSchema(JSON.stringify({ type: "record", name: schema.name.full, fields: [] }));
    assert.deepEqual(createReader(schema, empty)(Buffer.alloc(0)), defaults);
  }
  return samples.length;
}

/** The bytes, where avsc loads the schema and can write the value. */
function compareWithAvsc(random: Random, schema: Schema, text: string): number {
  const value = randomValue(random, schema);
  let theirs: Buffer;
  try {
    const type = avsc.Type.forSchema(JSON.parse(text));
    theirs = type.toBuffer(value);
    if (!type.isValid(type.fromBuffer(theirs))) return 0;
  } catch {
    return 0;
  }
  const ours = createWriter(schema)(value);
  if (!/__proto__|constructor|valueOf|toString/.test(text + JSON.stringify(value))) assert.deepEqual(ours, theirs);
  return 1;
}
