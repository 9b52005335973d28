import assert from "node:assert/strict";
import type { Json } from "@plinth/schemas/avro/json.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { ByteSink } from "@plinth/schemas/codec/byte-sink.ts";
import { formatDay, formatInstant } from "@plinth/schemas/codec/calendar.ts";
import { createReadableReader } from "@plinth/schemas/codec/readable.ts";
import { createWriter } from "@plinth/schemas/codec/value-codec.ts";

/** What is printed of these bytes. */
const shown = (schema: Json, bytes: Buffer) =>
  JSON.stringify(createReadableReader(parseSchema(JSON.stringify(schema)))(bytes));
const written = (schema: Json, value: unknown) => createWriter(parseSchema(JSON.stringify(schema)))(value);
const long = (value: bigint) => {
  const sink = new ByteSink();
  sink.reset(0);
  sink.writeBigLong(value);
  return sink.copy();
};
const logical = (type: string, logicalType: string, more: Record<string, Json> = {}) => ({
  type,
  logicalType,
  ...more,
});
const fixed = (size: number, logicalType: string, more: Record<string, Json> = {}) => ({
  ...{ type: "fixed", name: "F", size, logicalType, ...more },
});

describe("a value, as a person reads it (PIN-12)", () => {
  const cases: [what: string, schema: Json, bytes: Buffer, text: string][] = [
    ["nothing", "null", Buffer.alloc(0), "null"],
    ["the largest long", "long", long(2n ** 63n - 1n), "9223372036854775807"],
    ["the smallest long", "long", long(-(2n ** 63n)), "-9223372036854775808"],
    ["a long of a number", "long", long(-9007199254740991n), "-9007199254740991"],
    ["no number", "double", written("double", Number.NaN), '"NaN"'],
    ["infinity", "float", written("float", Number.POSITIVE_INFINITY), '"Infinity"'],
    ["minus infinity", "double", written("double", Number.NEGATIVE_INFINITY), '"-Infinity"'],
    ["minus zero", "double", written("double", -0), "-0"],
    ["minus zero, a float", "float", written("float", -0), "-0"],
    ["a float's shortest digits", "float", written("float", 0.1), "0.1"],
    ["bytes", "bytes", written("bytes", Buffer.from([1, 255])), '"Af8="'],
    [
      "a map's key __proto__",
      { type: "map", values: "int" },
      Buffer.from("02125f5f70726f746f5f5f0200", "hex"),
      '{"__proto__":1}',
    ],
    ["a decimal", logical("bytes", "decimal", { precision: 9, scale: 2 }), Buffer.from("0404d2", "hex"), "12.34"],
    [
      "a small negative decimal",
      fixed(4, "decimal", { precision: 9, scale: 3 }),
      Buffer.from("fffffff9", "hex"),
      "-0.007",
    ],
    [
      "a decimal of no bytes",
      logical("bytes", "decimal", { precision: 9, scale: 2 }),
      Buffer.from("00", "hex"),
      "0.00",
    ],
    [
      "a large decimal",
      fixed(16, "decimal", { precision: 38 }),
      Buffer.from("7f".repeat(16), "hex"),
      "169473963133173273960190490760135540607",
    ],
    [
      "a decimal of a thousand places",
      logical("bytes", "decimal", { precision: 1001, scale: 1000 }),
      Buffer.from("0207", "hex"),
      "7e-1000",
    ],
    ["a big-decimal", logical("bytes", "big-decimal"), Buffer.from("080404d204", "hex"), "12.34"],
    [
      "a uuid of bytes",
      fixed(16, "uuid"),
      Buffer.from("7d9e2c440b1f4c6a9a535f0c3e8b1d20", "hex"),
      '"7d9e2c44-0b1f-4c6a-9a53-5f0c3e8b1d20"',
    ],
    ["a duration", fixed(12, "duration"), Buffer.from("0100000002000000dc050000", "hex"), '"P1M2DT1.500S"'],
    ["a duration of days", fixed(12, "duration"), Buffer.from("00000000ffffffff00000000", "hex"), '"P0M4294967295D"'],
    ["a date", logical("int", "date"), long(20785n), '"2026-11-28"'],
    ["a date beyond JavaScript's", logical("int", "date"), long(2147483647n), '"+5881580-07-11"'],
    ["a date before them", logical("int", "date"), long(-2147483648n), '"-5877641-06-23"'],
    ["a time", logical("int", "time-millis"), long(45_296_789n), '"12:34:56.789"'],
    ["a time that no day has", logical("long", "time-micros"), long(-1n), "-1"],
    ["a timestamp", logical("long", "timestamp-millis"), long(1_780_000_000_000n), '"2026-05-28T20:26:40.000Z"'],
    ["microseconds before 1970", logical("long", "timestamp-micros"), long(-1n), '"1969-12-31T23:59:59.999999Z"'],
    [
      "nanoseconds",
      logical("long", "timestamp-nanos"),
      long(1_780_000_000_000_000_001n),
      '"2026-05-28T20:26:40.000000001Z"',
    ],
    ["a local time", logical("long", "local-timestamp-millis"), long(0n), '"1970-01-01T00:00:00.000"'],
    [
      "the last timestamp",
      logical("long", "timestamp-millis"),
      long(2n ** 63n - 1n),
      '"+292278994-08-17T07:12:55.807Z"',
    ],
    [
      "the first timestamp",
      logical("long", "timestamp-millis"),
      long(-(2n ** 63n)),
      '"-292275055-05-16T16:47:04.192Z"',
    ],
    [
      "a logical type that is invalid",
      logical("bytes", "decimal", { precision: 0 }),
      Buffer.from("0207", "hex"),
      '"Bw=="',
    ],
    [
      "a branch among several numbers",
      ["int", "long"],
      Buffer.concat([Buffer.from([2]), long(2n ** 60n)]),
      '{"long":1152921504606846976}',
    ],
  ];
  for (const [what, schema, bytes, text] of cases)
    it(`is ${text.slice(0, 40)} for ${what}`, () => assert.equal(shown(schema, bytes), text));

  it("is refused when bytes are missing, left over or claim what they cannot hold", () => {
    const array = { type: "array", items: "null" };
    for (const [schema, hex] of [
      ["long", ""],
      ["int", "00 00"],
      ["string", "0a6162"],
      ["string", "01"],
      ["boolean", ""],
      [{ type: "enum", name: "E", symbols: ["A"] }, "02"],
      [["null"], "02"],
      ["int", "ffffffffff7f"],
      ["long", "ffffffffffffffffffff01"],
      [array, "feffffffffffffffff01"],
      [{ type: "map", values: "null" }, "8080808080808002"],
    ] as [Json, string][])
      assert.throws(
        () => shown(schema, Buffer.from(hex.replaceAll(" ", ""), "hex")),
        Error,
        JSON.stringify([schema, hex]),
      );
  });

  it("agrees with JavaScript's dates, as far as they reach", () => {
    for (const ms of [0, -1, 1e12, -62_198_755_200_000, 8.64e15, -8.64e15, 951_782_400_000, -2_203_891_200_000]) {
      assert.equal(formatInstant(BigInt(ms), "millis"), new Date(ms).toISOString());
      assert.equal(formatDay(BigInt(Math.floor(ms / 86_400_000))), new Date(ms).toISOString().split("T")[0]);
    }
  });
});
