import type { LogicalType, RecordType, Schema } from "../avro/model.ts";
import { typeLabel } from "../avro/model.ts";
import { ByteSource } from "./byte-source.ts";
import { formatDay, formatDuration, formatInstant, formatTimeOfDay, isTimeOfDay, type Precision } from "./calendar.ts";
import { arrayDecoder, type Decode, mapDecoder } from "./decoder.ts";
import { setEntry } from "./entries.ts";
import {
  readableBigDecimal,
  readableDecimal,
  readableDouble,
  readableFloat,
  readableLong,
} from "./readable-numbers.ts";
import { leastBytes } from "./skipper.ts";
import { isWrapped } from "./value-kind.ts";

/**
 * Compiles a function that reads a value for people, as what JSON.stringify writes: numbers with
 * their exact digits, NaN and infinities as text, bytes as base64, and logical types by their
 * meaning (dates and times in ISO 8601, decimals with their point, durations, UUIDs).
 */
export function createReadableReader(schema: Schema): (bytes: Buffer, offset?: number) => unknown {
  const decode = compile(schema, new Map());
  return (bytes, offset = 0) => {
    const source = new ByteSource(bytes, offset);
    const value = decode(source);
    if (source.remaining > 0) throw new Error(`${source.remaining} bytes are left over`);
    return value;
  };
}

type OpenRecords = Map<RecordType, { decode?: Decode }>;

function compile(schema: Schema, open: OpenRecords): Decode {
  switch (schema.type) {
    case "null":
      return () => null;
    case "boolean":
      return (source) => source.readBoolean();
    case "int":
    case "long":
      return wholeDecoder(schema.type, schema.logicalType);
    case "float":
      return (source) => readableFloat(source.readFloat());
    case "double":
      return (source) => readableDouble(source.readDouble());
    case "string":
      return (source) => source.readString();
    case "bytes":
      return bytesDecoder(schema.logicalType);
    case "fixed":
      return fixedDecoder(schema.size, schema.logicalType);
    case "enum":
      return (source) => source.pickBranch(schema.symbols);
    case "array":
      return arrayDecoder(compile(schema.items, open), leastBytes(schema.items));
    case "map":
      return mapDecoder(compile(schema.values, open));
    case "union": {
      const wrapped = isWrapped(schema);
      const branches = schema.branches.map((branch) => {
        const decode = compile(branch, open);
        const name = typeLabel(branch);
        return wrapped && branch.type !== "null" ? (source: ByteSource) => ({ [name]: decode(source) }) : decode;
      });
      return (source) => source.pickBranch(branches)(source);
    }
    case "record":
      return recordDecoder(schema, open);
  }
}

function recordDecoder(record: RecordType, open: OpenRecords): Decode {
  const known = open.get(record);
  if (known !== undefined) return (source) => source.readNested(known.decode as Decode);
  const cell: { decode?: Decode } = {};
  open.set(record, cell);
  const fields = record.fields.map(({ name, type }) => ({ name, decode: compile(type, open) }));
  cell.decode = (source) => {
    const value = {};
    for (const { name, decode } of fields) setEntry(value, name, decode(source));
    return value;
  };
  return cell.decode;
}

function wholeDecoder(type: "int" | "long", logical: LogicalType | undefined): Decode {
  const [, kind, precision] = /^(time|timestamp|local-timestamp)-(\w+)$/.exec(logical?.name ?? "") ?? [];
  const unit = precision as Precision;
  return (source) => {
    const value = type === "int" ? BigInt(source.readInt()) : source.readBigLong();
    if (logical?.name === "date") return formatDay(value);
    if (kind === "timestamp") return formatInstant(value, unit);
    if (kind === "local-timestamp") return formatInstant(value, unit, "");
    if (kind === "time" && isTimeOfDay(value, unit)) return formatTimeOfDay(value, unit);
    return readableLong(value);
  };
}

function bytesDecoder(logical: LogicalType | undefined): Decode {
  return (source) => {
    const bytes = source.readBytes();
    if (logical?.name === "decimal") return readableDecimal(bytes, logical.scale ?? 0);
    return logical?.name === "big-decimal" ? readableBigDecimal(bytes) : bytes.toString("base64");
  };
}

function fixedDecoder(size: number, logical: LogicalType | undefined): Decode {
  return (source) => {
    const bytes = source.readFixed(size);
    switch (logical?.name) {
      case "decimal":
        return readableDecimal(bytes, logical.scale ?? 0);
      case "uuid":
        return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
      case "duration":
        return formatDuration(bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8));
      default:
        return bytes.toString("base64");
    }
  };
}
