import protobuf from "protobufjs/minimal.js";
import { MAX_DEPTH, type OtlpAttributes, type OtlpValue } from "./otlp-value.ts";

// Reads the messages that traces and logs have in common. Source: common.proto and resource.proto
// of opentelemetry-proto. Fields that nothing reads are skipped. Readers are passed on instead of
// copies of their bytes: a message ends at `end`.

export type Reader = protobuf.Reader;

export function createReader(body: Buffer): Reader {
  return protobuf.Reader.create(body);
}

/** @param read returns false for a field that it does not read */
export function eachField(reader: Reader, end: number, read: (field: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag >>> 3)) reader.skipType(tag & 7);
  }
  // A length that leads out of its message.
  if (reader.pos !== end) throw new RangeError("a field is longer than its message");
}

/** Where the message ends whose length comes next. */
export function endOfMessage(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("a message is longer than the body");
  return end;
}

/** Text; bytes that are no UTF-8 are replaced. */
export function readText(reader: Reader): string {
  return Buffer.from(reader.bytes()).toString("utf8");
}

export function readHex(reader: Reader): string {
  return Buffer.from(reader.bytes()).toString("hex");
}

export function readFixed64(reader: Reader): bigint {
  const low = reader.fixed32();
  return (BigInt(reader.fixed32()) << 32n) | BigInt(low);
}

/** Resource { attributes = 1 } */
export function readResource(reader: Reader): OtlpAttributes {
  const attributes: OtlpAttributes = {};
  eachField(reader, endOfMessage(reader), (field) => {
    if (field !== 1) return false;
    readKeyValue(reader, attributes);
    return true;
  });
  return attributes;
}

/** KeyValue { key = 1, value = 2 } */
export function readKeyValue(reader: Reader, into: OtlpAttributes, depth = 0): void {
  let key = "";
  let value: OtlpValue = null;
  eachField(reader, endOfMessage(reader), (field) => {
    if (field === 1) key = readText(reader);
    else if (field === 2) value = readValue(reader, depth);
    else return false;
    return true;
  });
  into[key] = value;
}

/** AnyValue { string = 1, bool = 2, int = 3, double = 4, array = 5, kvlist = 6, bytes = 7 } */
export function readValue(reader: Reader, depth = 0): OtlpValue {
  let value: OtlpValue = null;
  const end = endOfMessage(reader);
  if (depth > MAX_DEPTH) {
    reader.pos = end;
    return "…";
  }
  eachField(reader, end, (field) => {
    if (field === 1) value = readText(reader);
    else if (field === 2) value = reader.bool();
    else if (field === 3) value = toNumber(reader.int64().toString());
    else if (field === 4) value = reader.double();
    else if (field === 5) value = readArray(reader, depth + 1);
    else if (field === 6) value = readMap(reader, depth + 1);
    else if (field === 7) value = Buffer.from(reader.bytes()).toString("base64");
    else return false;
    return true;
  });
  return value;
}

/** A whole number beyond the exact ones stays a text. */
export function toNumber(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

function readArray(reader: Reader, depth: number): OtlpValue[] {
  const values: OtlpValue[] = [];
  eachField(reader, endOfMessage(reader), (field) => {
    if (field !== 1) return false;
    values.push(readValue(reader, depth));
    return true;
  });
  return values;
}

function readMap(reader: Reader, depth: number): OtlpAttributes {
  const values: OtlpAttributes = {};
  eachField(reader, endOfMessage(reader), (field) => {
    if (field !== 1) return false;
    readKeyValue(reader, values, depth);
    return true;
  });
  return values;
}
