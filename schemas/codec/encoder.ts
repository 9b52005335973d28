import type { Json } from "../avro/json.ts";
import { type RecordType, type Schema, typeLabel, type UnionType } from "../avro/model.ts";
import { ByteSink } from "./byte-sink.ts";
import { defaultValue } from "./default-value.ts";
import { isWrapped, kindOfType, kindOfValue } from "./value-kind.ts";

/** Writes one value. @throws {@link MisfitError} for one that does not fit */
export type Encode = (sink: ByteSink, value: unknown) => void;

/** A value that does not fit its type; {@link findMisfits} says where. */
export class MisfitError extends Error {}

/** Compiles a schema to a function that writes its values. */
export function compileEncoder(schema: Schema): Encode {
  return new EncoderCompiler().compile(schema);
}

class EncoderCompiler {
  readonly #records = new Map<RecordType, { encode?: Encode }>();

  compile(schema: Schema): Encode {
    switch (schema.type) {
      case "array": {
        const encode = this.compile(schema.items);
        return (sink, value) => writeArray(sink, value, encode);
      }
      case "map": {
        const encode = this.compile(schema.values);
        return (sink, value) => writeMap(sink, value, encode);
      }
      case "union":
        return this.#union(schema);
      case "enum": {
        const indexes = new Map<unknown, number>(schema.symbols.map((symbol, index) => [symbol, index]));
        return (sink, value) => sink.writeLong(indexes.get(value) ?? misfit(schema));
      }
      case "fixed":
        return (sink, value) =>
          value instanceof Uint8Array && value.length === schema.size ? sink.writeFixed(value) : misfit(schema);
      case "record":
        return this.#record(schema);
      default:
        return PRIMITIVES[schema.type];
    }
  }

  #union(union: UnionType): Encode {
    const encoders = union.branches.map((branch) => this.compile(branch));
    const wrapped = isWrapped(union);
    const indexes = new Map<unknown, number>(
      union.branches.map((branch, index) => [wrapped ? typeLabel(branch) : kindOfType(branch), index]),
    );
    const write = (sink: ByteSink, key: unknown, value: unknown) => {
      const index = indexes.get(key);
      if (index === undefined) misfit(union);
      sink.writeLong(index);
      (encoders[index] as Encode)(sink, value);
    };
    if (!wrapped) return (sink, value) => write(sink, kindOfValue(value), value);
    return (sink, value) => {
      if (value === null) return write(sink, "null", null);
      const [name, ...more] = kindOfValue(value) === "object" ? Object.keys(value as object) : [];
      return write(sink, more.length === 0 ? name : undefined, (value as Record<string, unknown>)[name ?? ""]);
    };
  }

  /** A record refers to itself through its cell, which is filled once its fields are compiled. */
  #record(record: RecordType): Encode {
    const known = this.#records.get(record);
    if (known !== undefined) return (sink, value) => sink.writeNested(known.encode as Encode, value);
    const cell: { encode?: Encode } = {};
    this.#records.set(record, cell);
    const parts = record.fields.map(({ type }) => this.compile(type));
    cell.encode = generateRecordEncoder(
      record,
      parts,
      record.fields.map(({ type, default: json }, index) =>
        json === undefined ? undefined : encodeDefault(type, json, parts[index] as Encode),
      ),
    );
    return cell.encode;
  }
}

/**
 * One function a record, written out: a loop over the fields would look up each by its name.
 * Names are letters, digits and _, which the parser checks.
 */
function generateRecordEncoder(record: RecordType, parts: Encode[], defaults: ((() => Buffer) | undefined)[]): Encode {
  const lines = record.fields.map(({ name }, index) => {
    // What every object inherits, such as `constructor`, is no value of the record.
    const value = name in Object.prototype ? `own(value, "${name}")` : `value.${name}`;
    if (defaults[index] === undefined) return `e${index}(sink, ${value});`;
    return `field = ${value}; if (field === undefined) sink.writeFixed(d${index}()); else e${index}(sink, field);`;
  });
  const body = `${parts.map((_, index) => `const e${index} = parts[${index}], d${index} = defaults[${index}];`).join("\n")}
return (sink, value) => {
  let field;
  if (typeof value !== "object" || value === null) misfit(record);
  ${lines.join("\n  ")}
};`;
  return new Function("parts", "defaults", "own", "misfit", "record", body)(parts, defaults, ownValue, misfit, record);
}

/** On first use: a record's default may be of the record itself. */
function encodeDefault(type: Schema, json: Json, encode: Encode): () => Buffer {
  let bytes: Buffer | undefined;
  return () => {
    if (bytes === undefined) {
      const sink = new ByteSink();
      encode(sink, defaultValue(type, json));
      bytes = sink.copy();
    }
    return bytes;
  };
}

function ownValue(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

const PRIMITIVES: Record<Exclude<Schema["type"], "array" | "map" | "union" | "enum" | "fixed" | "record">, Encode> = {
  null: (_sink, value) => (value === null ? undefined : misfit("null")),
  boolean: (sink, value) => sink.writeByte(typeof value === "boolean" ? Number(value) : misfit("boolean")),
  int: (sink, value) => sink.writeLong(typeof value === "number" && value === (value | 0) ? value : misfit("int")),
  long: (sink, value) => sink.writeLong(Number.isSafeInteger(value) ? (value as number) : misfit("long")),
  float: (sink, value) => sink.writeFloat(typeof value === "number" ? value : misfit("float")),
  double: (sink, value) => sink.writeDouble(typeof value === "number" ? value : misfit("double")),
  bytes: (sink, value) => sink.writeBytes(value instanceof Uint8Array ? value : misfit("bytes")),
  string: (sink, value) => sink.writeString(typeof value === "string" ? value : misfit("string")),
};

function writeArray(sink: ByteSink, value: unknown, encode: Encode): void {
  if (!Array.isArray(value)) misfit("array");
  if (value.length > 0) sink.writeLong(value.length);
  // By index, because a hole is a value that does not fit.
  for (let index = 0; index < value.length; index++) encode(sink, value[index]);
  sink.writeByte(0);
}

function writeMap(sink: ByteSink, value: unknown, encode: Encode): void {
  if (kindOfValue(value) !== "object") misfit("map");
  const keys = Object.keys(value as object);
  if (keys.length > 0) sink.writeLong(keys.length);
  for (const key of keys) {
    sink.writeString(key);
    encode(sink, (value as Record<string, unknown>)[key]);
  }
  sink.writeByte(0);
}

function misfit(type: Schema | string): never {
  throw new MisfitError(`not a value of ${typeof type === "string" ? type : typeLabel(type)}`);
}
