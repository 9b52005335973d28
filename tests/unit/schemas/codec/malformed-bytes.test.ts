import assert from "node:assert/strict";
import { canonicalString } from "@plinth/schemas/avro/canonical.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { checkReaderWriter } from "@plinth/schemas/avro/reader-writer.ts";
import { ByteSink } from "@plinth/schemas/codec/byte-sink.ts";
import { createReadableReader } from "@plinth/schemas/codec/readable.ts";
import { createReader, createWriter } from "@plinth/schemas/codec/value-codec.ts";
import { Random } from "../../../support/random.ts";

const schemaOf = (json: unknown) => parseSchema(JSON.stringify(json));
const EMPTY_RECORD = { type: "record", name: "Empty", fields: [] };

/** Longs as Avro writes them. */
function longs(...values: (bigint | number)[]): Buffer {
  const sink = new ByteSink();
  sink.reset(0);
  for (const value of values) sink.writeBigLong(BigInt(value));
  return sink.copy();
}

describe("bytes that are no value, or a hostile one (INF-7)", () => {
  for (const [what, items] of Object.entries({
    nulls: "null",
    "empty records": EMPTY_RECORD,
    "fixed of no bytes": { type: "fixed", name: "F", size: 0 },
  })) {
    it(`refuses ${what} by the million, spread over blocks and arrays`, () => {
      const blocks = Array<number>(20).fill(1_000_000);
      const read = createReader(schemaOf({ type: "array", items }));
      assert.throws(() => read(longs(...blocks, 0)), /a block of 1000000 items/);
      const nested = createReader(schemaOf({ type: "array", items: { type: "array", items } }));
      assert.throws(() => nested(longs(blocks.length, ...blocks.flatMap((count) => [count, 0]), 0)), /a block of/);
      const skipped = { type: "record", name: "R", fields: [{ name: "a", type: { type: "array", items } }] };
      const skip = createReader(schemaOf({ ...skipped, fields: [] }), schemaOf(skipped));
      assert.throws(() => skip(longs(...blocks, 0)), /a block of/);
      assert.equal((read(longs(1000, -1000, 0, 0)) as unknown[]).length, 2000);
    });
  }

  it("refuses a boolean that is neither 0 nor 1, which libraries read differently", () => {
    const read = createReader(schemaOf("boolean"));
    assert.deepEqual([read(Buffer.from([0])), read(Buffer.from([1]))], [false, true]);
    for (const byte of [2, 255]) assert.throws(() => read(Buffer.from([byte])), /for a boolean/);
  });

  it("rounds a long to the nearest double and float, once", () => {
    const [asDouble, asFloat] = (["double", "float"] as const).map((type) =>
      createReader(schemaOf(type), schemaOf("long")),
    );
    const random = new Random(7);
    for (let turn = 0; turn < 5000; turn++) {
      const bits = BigInt(random.below(2 ** 31)) << 33n;
      const long = BigInt.asIntN(64, bits | (BigInt(random.below(2 ** 31)) << 2n)) >> BigInt(random.below(60));
      assert.equal(asDouble?.(longs(long)), Number(long), String(long));
    }
    const half = 2n ** 60n + 2n ** 36n;
    const floats: [bigint, number][] = [
      [half, 2 ** 60],
      [half + 1n, 2 ** 60 + 2 ** 37],
      [-half - 1n, -(2 ** 60) - 2 ** 37],
      [half - 1n, 2 ** 60],
      [2n ** 63n - 1n, 2 ** 63],
      [-(2n ** 63n), -(2 ** 63)],
    ];
    for (const [long, float] of floats) assert.equal(asFloat?.(longs(long)), float, String(long));
  });
});

describe("records inside records of their type (INF-7)", () => {
  const list = schemaOf({ type: "record", name: "L", fields: [{ name: "next", type: ["null", "L"] }] });
  const bytesOf = (depth: number) => Buffer.concat([Buffer.alloc(depth, 2), Buffer.of(0)]);

  it("are read and written 500 deep, which is bounded before the stack is, wherever they are handled", () => {
    const holder = (fields: object[]) => schemaOf({ type: "record", name: "H", fields });
    const [read, write, show] = [createReader(list), createWriter(list), createReadableReader(list)];
    const skip = createReader(holder([]), holder([{ name: "l", type: JSON.parse(canonicalString(list)) }]));
    for (const one of [read, show, skip]) {
      for (let turn = 0; turn < 2; turn++) assert.ok(JSON.stringify(one(bytesOf(500))));
      for (const depth of [501, 5000, 500_000])
        assert.throws(() => one(bytesOf(depth)), { message: "records nested more than 500 deep" });
    }
    assert.deepEqual(write(read(bytesOf(500))), bytesOf(500));
    const circle: { next?: object } = {};
    circle.next = circle;
    for (let turn = 0; turn < 2; turn++) assert.throws(() => write(circle), /nested more than 500 deep/);
    assert.deepEqual(write({ next: null }), Buffer.of(0));
  });
});

describe("a schema with many names (INF-7)", () => {
  it("takes a time in proportion to them", () => {
    const [names, more] = [20_000, 40_000].map((count) => {
      const symbols = Array.from({ length: count }, (_, index) => `s${index}`);
      const enumeration = { type: "enum", name: "E", symbols };
      const fields = symbols.map((name) => ({ name, type: "int", default: 0 }));
      const text = JSON.stringify({ type: "record", name: "R", fields: [...fields, { name: "e", type: enumeration }] });
      const startedAt = performance.now();
      assert.deepEqual(checkReaderWriter(parseSchema(text), parseSchema(text)), []);
      return performance.now() - startedAt;
    }) as [number, number];
    assert.ok(more < 3.5 * names || more < 1000, `${names} ms, then ${more} ms for twice as many`);
  });
});
