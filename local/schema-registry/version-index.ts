import type { CompatibilityLevel } from "@plinth/schemas/avro/compatibility.ts";
import { compatibilityKey } from "@plinth/schemas/avro/compatibility-key.ts";
import type { RecordType, Schema } from "@plinth/schemas/avro/model.ts";
import { checkReaderWriter } from "@plinth/schemas/avro/reader-writer.ts";
import type { SchemaValue } from "./records.ts";
import type { RegistryState } from "./state.ts";
import { parseStoredSchema } from "./stored-schema.ts";

/** Below, comparing each is as fast. */
const MIN_VERSIONS = 8;
const MAX_VERDICTS = 50_000;

/** A field of one name over all versions. */
interface FieldVariants {
  versions: number;
  withoutDefault: number;
  /** Types that compare differently, by key. */
  types: Map<string, Schema>;
}

interface KeyedField {
  name: string;
  hasDefault: boolean;
  key: string;
  type: Schema;
}

const indexes = new WeakMap<RegistryState, Map<string, VersionIndex>>();

/**
 * True if comparing the schema with each version would find nothing, told from what their fields
 * have in common. A transitive level thus costs what the versions differ in, and not the size of
 * all of them. False if each must be compared, to tell or to give the reasons.
 */
export function isSurelyCompatible(
  state: RegistryState,
  subject: string,
  level: CompatibilityLevel,
  schema: Schema,
  versions: readonly SchemaValue[],
): boolean {
  if (versions.length < MIN_VERSIONS) return false;
  const fields = keyFields(schema);
  if (schema.type !== "record" || fields === undefined) return false;
  const index = indexOf(state, subject, versions);
  return (
    (level.startsWith("FORWARD") || index.isReadableBy(schema, fields)) &&
    (level.startsWith("BACKWARD") || index.canRead(schema, fields))
  );
}

/** The index of exactly these versions: the former one if it only lacks the newest. */
function indexOf(state: RegistryState, subject: string, versions: readonly SchemaValue[]): VersionIndex {
  const ofState = indexes.get(state) ?? new Map<string, VersionIndex>();
  indexes.set(state, ofState);
  const former = ofState.get(subject);
  if (former?.extend(state, versions)) return former;
  const index = new VersionIndex();
  index.extend(state, versions);
  ofState.set(subject, index);
  return index;
}

class VersionIndex {
  readonly #members = new Set<SchemaValue>();
  /** Versions that are compared one by one: no records, recursive ones, ones with aliases. */
  readonly #others: Schema[] = [];
  readonly #names = new Set<string>();
  readonly #fields = new Map<string, FieldVariants>();
  readonly #verdicts = new Map<string, boolean>();
  #indexed = 0;

  /** Adds what is new. @returns false if a version has gone, so that a new index is needed */
  extend(state: RegistryState, versions: readonly SchemaValue[]): boolean {
    const added = versions.filter((value) => !this.#members.has(value));
    if (this.#members.size + added.length !== versions.length) return false;
    for (const value of added) {
      this.#add(parseStoredSchema(state, value));
      this.#members.add(value);
    }
    return true;
  }

  isReadableBy(reader: RecordType, fields: readonly KeyedField[]): boolean {
    return (
      this.#areNamed(reader) &&
      fields.every((field) => {
        const variants = this.#fields.get(field.name);
        if (!field.hasDefault && (variants?.versions ?? 0) < this.#indexed) return false;
        return [...(variants?.types ?? [])].every(([key, type]) => this.#fits(field, { key, type }));
      }) &&
      this.#others.every((writer) => checkReaderWriter(reader, writer).length === 0)
    );
  }

  canRead(writer: RecordType, fields: readonly KeyedField[]): boolean {
    const written = new Map(fields.map((field) => [field.name, field]));
    return (
      this.#areNamed(writer) &&
      [...this.#fields].every(([name, { withoutDefault, types }]) => {
        const field = written.get(name);
        if (field === undefined) return withoutDefault === 0;
        return [...types].every(([key, type]) => this.#fits({ key, type }, field));
      }) &&
      this.#others.every((reader) => checkReaderWriter(reader, writer).length === 0)
    );
  }

  #areNamed({ name }: RecordType): boolean {
    return this.#names.size === 0 || (this.#names.size === 1 && this.#names.has(name.name));
  }

  #add(schema: Schema): void {
    const fields = keyFields(schema);
    if (schema.type !== "record" || fields === undefined) {
      this.#others.push(schema);
      return;
    }
    this.#indexed++;
    this.#names.add(schema.name.name);
    for (const { name, hasDefault, key, type } of fields) {
      const variants = this.#fields.get(name) ?? { versions: 0, withoutDefault: 0, types: new Map() };
      this.#fields.set(name, variants);
      variants.versions++;
      if (!hasDefault) variants.withoutDefault++;
      if (!variants.types.has(key)) variants.types.set(key, type);
    }
  }

  #fits(reader: Pick<KeyedField, "key" | "type">, writer: Pick<KeyedField, "key" | "type">): boolean {
    const pair = `${reader.key}\n${writer.key}`;
    let verdict = this.#verdicts.get(pair);
    if (verdict === undefined) {
      if (this.#verdicts.size >= MAX_VERDICTS) this.#verdicts.clear();
      verdict = checkReaderWriter(reader.type, writer.type).length === 0;
      this.#verdicts.set(pair, verdict);
    }
    return verdict;
  }
}

/** Undefined if a field cannot be judged by itself: it has aliases, or a recursive type. */
function keyFields(schema: Schema): KeyedField[] | undefined {
  if (schema.type !== "record") return undefined;
  const fields: KeyedField[] = [];
  for (const { name, aliases, default: value, type } of schema.fields) {
    const key = aliases.length === 0 ? compatibilityKey(type, schema) : undefined;
    if (key === undefined) return undefined;
    fields.push({ name, hasDefault: value !== undefined, key, type });
  }
  return fields;
}
