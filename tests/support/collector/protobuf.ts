/** A field of a protobuf message: a number is a varint, anything else has a length. */
export type ProtobufField = readonly [field: number, value: number | bigint | string | Uint8Array];

/** Written by hand, so that the collector is not read back by the library that it uses. */
export function encodeMessage(...fields: readonly ProtobufField[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([field, value]) => {
      if (typeof value === "number" || typeof value === "bigint") return [varint(field * 8), varint(value)];
      const bytes = Buffer.from(value);
      return [varint(field * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
