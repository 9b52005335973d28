/** Eight bytes, little-endian. */
export interface Fixed64 {
  fixed64: bigint;
}

/** A field of a protobuf message: a number is a varint, anything else has a length. */
export type ProtobufField = readonly [field: number, value: number | string | Uint8Array | Fixed64];

/** Written by hand, so that the collector is not read back by the library that it uses. */
export function encodeMessage(...fields: readonly ProtobufField[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([field, value]) => {
      if (typeof value === "number") return [varint(field * 8), varint(value)];
      if (typeof value === "object" && "fixed64" in value) return [varint(field * 8 + 1), fixed64(value.fixed64)];
      const bytes = Buffer.from(value);
      return [varint(field * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function fixed64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
