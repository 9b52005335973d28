import type { EnumType, RecordType, Schema } from "../avro/model.ts";
import { isNamed, typeLabel } from "../avro/model.ts";
import { checkReaderWriter, findWriterField } from "../avro/reader-writer.ts";
import type { ByteSource } from "./byte-source.ts";
import { defaultValue } from "./default-value.ts";
import { setEntry } from "./entries.ts";
import { compileSkipper, leastBytes } from "./skipper.ts";
import { isWrapped } from "./value-kind.ts";

/** Reads one value. @throws an Error for bytes that are none */
export type Decode = (source: ByteSource) => unknown;

/**
 * Compiles a function that reads what `writer` wrote into the shape of `reader`, by the
 * specification's schema resolution.
 *
 * @throws an Error that names the first incompatibility
 */
export function compileDecoder(reader: Schema, writer: Schema = reader): Decode {
  const [fault] = reader === writer ? [] : checkReaderWriter(reader, writer);
  if (fault !== undefined) throw new Error(`${fault.field}: ${fault.message}`);
  return new DecoderCompiler().compile(reader, writer);
}

class DecoderCompiler {
  readonly #records = new Map<Schema, Map<Schema, { decode?: Decode }>>();

  compile(reader: Schema, writer: Schema): Decode {
    if (writer.type === "union") {
      const branches = writer.branches.map((branch) => this.compile(reader, branch));
      return (source) => source.pickBranch(branches)(source);
    }
    if (reader.type === "union") {
      const branch = resolvedBranch(reader.branches, writer);
      const decode = this.compile(branch, writer);
      if (!isWrapped(reader) || branch.type === "null") return decode;
      const name = typeLabel(branch);
      return (source) => ({ [name]: decode(source) });
    }
    if (reader.type === "array" && writer.type === "array")
      return arrayDecoder(this.compile(reader.items, writer.items), leastBytes(writer.items));
    if (reader.type === "map" && writer.type === "map") return mapDecoder(this.compile(reader.values, writer.values));
    if (reader.type === "enum" && writer.type === "enum") return enumDecoder(reader, writer);
    if (reader.type === "fixed") return (source) => source.readFixed(reader.size);
    if (reader.type === "record" && writer.type === "record") return this.#record(reader, writer);
    return primitiveDecoder(reader, writer);
  }

  #record(reader: RecordType, writer: RecordType): Decode {
    const byWriter = this.#records.get(reader) ?? new Map<Schema, { decode?: Decode }>();
    this.#records.set(reader, byWriter);
    const known = byWriter.get(writer);
    if (known !== undefined) return (source) => source.readNested(known.decode as Decode);
    const cell: { decode?: Decode } = {};
    byWriter.set(writer, cell);
    cell.decode = this.#generateRecordDecoder(reader, writer);
    return cell.decode;
  }

  /** One function a pair of records, written out: fields in the writer's order, then defaults. */
  #generateRecordDecoder(reader: RecordType, writer: RecordType): Decode {
    const parts: ((source: ByteSource) => unknown)[] = [];
    const lines: string[] = [];
    const call = (part: (source: ByteSource) => unknown) => `p${parts.push(part) - 1}(source)`;
    const sources = reader.fields.map((field) => (reader === writer ? field : findWriterField(writer, field)));
    const indexes = Map.groupBy(reader.fields.keys(), (index) => sources[index]);
    for (const written of writer.fields) {
      const readers = (indexes.get(written) ?? []).map((index) => ({ field: reader.fields[index]!, index }));
      if (readers.length === 0) lines.push(`${call(compileSkipper(written.type))};`);
      // Two fields may have the same source, one of them by an alias.
      if (readers.length > 1) lines.push("at = source.position;");
      for (const [turn, { field, index }] of readers.entries())
        lines.push(
          `${turn > 0 ? "source.position = at; " : ""}const f${index} = ${call(this.compile(field.type, written.type))};`,
        );
    }
    const members = reader.fields.map(({ name, type, default: json }, index) => {
      // In brackets, `__proto__` is a property like any other.
      if (sources[index] !== undefined) return `["${name}"]: f${index}`;
      return `["${name}"]: ${call(() => defaultValue(type, json ?? null))}`;
    });
    const constants = parts.map((_, index) => `const p${index} = parts[${index}];`).join(" ");
    const body = `${constants}\nreturn (source) => {\n  let at;\n  ${lines.join("\n  ")}\n  return { ${members.join(", ")} };\n};`;
    return new Function("parts", body)(parts);
  }
}

/** Java's choice: a branch of the same type and name, then of the same type, then a promotion. */
function resolvedBranch(branches: readonly Schema[], writer: Schema): Schema {
  const same = (branch: Schema) => branch.type === writer.type;
  const named = (branch: Schema) =>
    branch === writer || (same(branch) && (!isNamed(branch) || branch.name.full === (writer as RecordType).name.full));
  const fits = (branch: Schema) => branch === writer || checkReaderWriter(branch, writer).length === 0;
  const found =
    branches.find((branch) => named(branch) && fits(branch)) ??
    branches.find((branch) => same(branch) && fits(branch)) ??
    branches.find(fits);
  if (found === undefined) throw new Error(`no branch of the union reads ${typeLabel(writer)}`);
  return found;
}

export function arrayDecoder(decode: Decode, least: number): Decode {
  return (source) => {
    const items: unknown[] = [];
    for (let count = source.readBlockCount(least); count > 0; count = source.readBlockCount(least))
      while (count-- > 0) items.push(decode(source));
    return items;
  };
}

export function mapDecoder(decode: Decode): Decode {
  return (source) => {
    const map = {};
    for (let count = source.readBlockCount(1); count > 0; count = source.readBlockCount(1))
      while (count-- > 0) setEntry(map, source.readString(), decode(source));
    return map;
  };
}

function enumDecoder(reader: EnumType, writer: EnumType): Decode {
  const known = new Set(reader.symbols);
  const symbols = writer.symbols.map((symbol) => (known.has(symbol) ? symbol : (reader.default ?? symbol)));
  return (source) => {
    const index = source.readLong();
    const symbol = symbols[index];
    if (symbol === undefined) throw new Error(`symbol ${index} of an enum that has ${symbols.length}`);
    return symbol;
  };
}

function primitiveDecoder({ type }: Schema, { type: written }: Schema): Decode {
  const isWhole = written === "int" || written === "long";
  switch (type) {
    case "null":
      return () => null;
    case "boolean":
      return (source) => source.readBoolean();
    case "int":
      return (source) => source.readInt();
    case "long":
      return written === "int" ? (source) => source.readInt() : (source) => source.readLong();
    case "float":
      return isWhole ? (source) => source.readLongAsFloat() : (source) => source.readFloat();
    case "double":
      if (isWhole) return (source) => source.readApproximateLong();
      return written === "float" ? (source) => source.readFloat() : (source) => source.readDouble();
    case "string":
      return (source) => source.readString();
    case "bytes":
      return (source) => source.readBytes();
    default:
      throw new Error(`${type} does not read ${written}`);
  }
}
