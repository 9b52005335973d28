import { JsonNumber } from "../avro/json.ts";
import { ByteSource } from "./byte-source.ts";

/** More zeros than this are an exponent. */
const MAX_ZEROS = 40;

/** A whole number with its exact digits. */
export function readableLong(value: bigint): number | JsonNumber {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : new JsonNumber(String(value));
}

/** JSON has no number for the first three, and JSON.stringify would write -0 as 0. */
export function readableDouble(value: number): number | string | JsonNumber {
  if (!Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? new JsonNumber("-0") : value;
}

/** The shortest digits that mean this float: 0.1 rather than 0.10000000149011612. */
export function readableFloat(value: number): number | string | JsonNumber {
  if (value === 0) return readableDouble(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return readableDouble(short);
  }
  return readableDouble(value);
}

/** The exact number of a decimal: its big-endian two's complement, and digits after the point. */
export function readableDecimal(bytes: Buffer, scale: number): JsonNumber {
  const unscaled = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const sign = unscaled < 0n ? "-" : "";
  if (scale === 0) return new JsonNumber(sign + digits);
  if (scale < 0 || scale - digits.length > MAX_ZEROS) return new JsonNumber(`${sign}${digits}e${-scale}`);
  const padded = digits.padStart(scale + 1, "0");
  return new JsonNumber(`${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`);
}

/** A big-decimal, which holds its scale after its bytes. */
export function readableBigDecimal(bytes: Buffer): JsonNumber {
  const source = new ByteSource(bytes);
  const unscaled = source.readBytes();
  const scale = source.readInt();
  if (source.remaining > 0) throw new Error(`${source.remaining} bytes are left over in a big-decimal`);
  return readableDecimal(unscaled, scale);
}
