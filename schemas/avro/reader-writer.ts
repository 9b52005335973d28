import {
  type EnumType,
  type Field,
  type FixedType,
  isNamed,
  type NamedType,
  type RecordType,
  type Schema,
  typeLabel,
} from "./model.ts";

/**
 * Java Avro's six kinds; `AMBIGUOUS_FIELD` is where Java throws, because a reader's field and its
 * alias match two of the writer's.
 */
export type IncompatibilityType =
  | "NAME_MISMATCH"
  | "FIXED_SIZE_MISMATCH"
  | "MISSING_ENUM_SYMBOLS"
  | "READER_FIELD_MISSING_DEFAULT_VALUE"
  | "TYPE_MISMATCH"
  | "MISSING_UNION_BRANCH"
  | "AMBIGUOUS_FIELD";

export interface Incompatibility {
  type: IncompatibilityType;
  /**
   * JSON pointer into the reader's schema, spelled as Java's SchemaCompatibility spells it:
   * `/fields/1/type`.
   */
  path: string;
  /** The same place by names: `V1_BETS.event_data.amount_cents`. */
  field: string;
  /** The reason in words, without the place. */
  message: string;
}

/** Where the walk is: Java's location tokens, and the names for people. */
interface SchemaLocation {
  tokens: readonly string[];
  field: string;
}

const PROMOTIONS: Record<string, readonly string[]> = {
  long: ["int"],
  float: ["int", "long"],
  double: ["int", "long", "float"],
  bytes: ["string"],
  string: ["bytes"],
};

/**
 * Everything that keeps `reader` from decoding data of `writer`; empty if nothing does. Verdicts,
 * kinds and paths equal Java Avro 1.12's `SchemaCompatibility`: names match unqualified or by the
 * reader's aliases, and a pair of types that is met again while it is being judged counts as
 * compatible.
 */
export function checkReaderWriter(reader: Schema, writer: Schema): Incompatibility[] {
  try {
    return new Checker().check(reader, writer, { tokens: [""], field: isNamed(reader) ? reader.name.name : "schema" });
  } catch (error) {
    if (error instanceof AmbiguousFieldError) return [error.incompatibility];
    throw error;
  }
}

/** Ends the whole comparison, as the exception that Java throws does. */
class AmbiguousFieldError extends Error {
  readonly incompatibility: Incompatibility;

  constructor(incompatibility: Incompatibility) {
    super(incompatibility.message);
    this.incompatibility = incompatibility;
  }
}

class Checker {
  /** Results by reader and writer, by identity; "running" breaks recursion. */
  readonly #results = new Map<Schema, Map<Schema, Incompatibility[] | "running">>();

  check(reader: Schema, writer: Schema, location: SchemaLocation): Incompatibility[] {
    let byWriter = this.#results.get(reader);
    if (byWriter === undefined) {
      byWriter = new Map();
      this.#results.set(reader, byWriter);
    }
    const cached = byWriter.get(writer);
    if (cached !== undefined) return cached === "running" ? [] : cached;
    byWriter.set(writer, "running");
    const incompatibilities = this.#compare(reader, writer, location);
    byWriter.set(writer, incompatibilities);
    return incompatibilities;
  }

  #compare(reader: Schema, writer: Schema, location: SchemaLocation): Incompatibility[] {
    if (writer.type === "union") return this.#writerUnion(reader, writer.branches, location);
    if (reader.type === "union") {
      // Java judges a branch at a new location; only whether it fits matters.
      const fitting = reader.branches.some(
        (branch) => this.check(branch, writer, { tokens: [""], field: location.field }).length === 0,
      );
      return fitting ? [] : [missingBranchIncompatibility(writer, location)];
    }
    if (reader.type === "array" && writer.type === "array")
      return this.check(reader.items, writer.items, childLocation(location, "items", "[]"));
    if (reader.type === "map" && writer.type === "map")
      return this.check(reader.values, writer.values, childLocation(location, "values", "{}"));
    if (reader.type === "fixed" && writer.type === "fixed")
      return [...checkNames(reader, writer, location), ...checkSize(reader, writer, location)];
    if (reader.type === "enum" && writer.type === "enum")
      return [...checkNames(reader, writer, location), ...checkSymbols(reader, writer, location)];
    if (reader.type === "record" && writer.type === "record")
      return [...checkNames(reader, writer, location), ...this.#fields(reader, writer, location)];
    if (reader.type === writer.type || PROMOTIONS[reader.type]?.includes(writer.type)) return [];
    return [
      createIncompatibility(
        "TYPE_MISMATCH",
        location,
        `${typeLabel(reader)} cannot read what was written as ${typeLabel(writer)}`,
      ),
    ];
  }

  #writerUnion(reader: Schema, branches: readonly Schema[], location: SchemaLocation): Incompatibility[] {
    return branches.flatMap((branch, index) => {
      if (reader.type !== "union") return this.check(reader, branch, childLocation(location, String(index)));
      const found = this.check(reader, branch, { tokens: [""], field: location.field });
      return found.length === 0 ? [] : [missingBranchIncompatibility(branch, childLocation(location, String(index)))];
    });
  }

  #fields(reader: RecordType, writer: RecordType, location: SchemaLocation): Incompatibility[] {
    return reader.fields.flatMap((field, index) => {
      const here: SchemaLocation = {
        tokens: [...location.tokens, "fields", String(index)],
        field: `${location.field}.${field.name}`,
      };
      const source = findWriterField(writer, field, here);
      if (source !== undefined) return this.check(field.type, source.type, childLocation(here, "type"));
      if (field.default !== undefined) return [];
      // As Java does: an enum with a default is compared with the writer's record, and so never
      // fits.
      if (field.type.type === "enum" && field.type.default !== undefined)
        return this.check(field.type, writer, childLocation(here, "type"));
      const message = `the field has no default and data written with the other schema lacks it`;
      return [createIncompatibility("READER_FIELD_MISSING_DEFAULT_VALUE", here, message)];
    });
  }
}

/** A look through all fields for each field would take seconds for a record of thousands. */
const fieldsByName = new WeakMap<RecordType, Map<string, Field>>();

/**
 * The field of the writer that fills a field of the reader: the one of its name or of an alias.
 *
 * @throws an error that ends the whole comparison, if there are several
 */
export function findWriterField(
  writer: RecordType,
  field: Field,
  location: SchemaLocation = { tokens: [""], field: field.name },
): Field | undefined {
  const byName = fieldsByName.get(writer) ?? new Map(writer.fields.map((candidate) => [candidate.name, candidate]));
  fieldsByName.set(writer, byName);
  const found = [field.name, ...field.aliases].flatMap((name) => byName.get(name) ?? []);
  if (found.length > 1) {
    const sources = found.map((candidate) => candidate.name).join(" and ");
    throw new AmbiguousFieldError(
      createIncompatibility(
        "AMBIGUOUS_FIELD",
        location,
        `its name and aliases match several fields of the other schema: ${sources}`,
      ),
    );
  }
  return found[0];
}

function checkNames(reader: NamedType, writer: NamedType, location: SchemaLocation): Incompatibility[] {
  if (reader.name.name === writer.name.name) return [];
  // Java spells an alias without a namespace ".Name" on a type that has one, and it matches
  // nothing.
  const outside = (alias: { namespace: string }) => alias.namespace === "" && reader.name.namespace !== "";
  if (reader.aliases.some((alias) => !outside(alias) && alias.full === writer.name.full)) return [];
  return [
    createIncompatibility(
      "NAME_MISMATCH",
      childLocation(location, "name"),
      `the type is named ${reader.name.full}, in the other schema ${writer.name.full}`,
    ),
  ];
}

function checkSize(reader: FixedType, writer: FixedType, location: SchemaLocation): Incompatibility[] {
  if (reader.size === writer.size) return [];
  return [
    createIncompatibility(
      "FIXED_SIZE_MISMATCH",
      childLocation(location, "size"),
      `the fixed has ${reader.size} bytes, in the other schema ${writer.size}`,
    ),
  ];
}

function checkSymbols(reader: EnumType, writer: EnumType, location: SchemaLocation): Incompatibility[] {
  const known = new Set(reader.symbols);
  const missing = writer.symbols.filter((symbol) => !known.has(symbol)).sort();
  if (missing.length === 0 || reader.default !== undefined) return [];
  const message = `the enum ${reader.name.full} has no default and lacks the symbols ${missing.join(", ")}`;
  return [createIncompatibility("MISSING_ENUM_SYMBOLS", childLocation(location, "symbols"), message)];
}

function missingBranchIncompatibility(writer: Schema, location: SchemaLocation): Incompatibility {
  return createIncompatibility(
    "MISSING_UNION_BRANCH",
    location,
    `the union has no branch that reads ${typeLabel(writer)}`,
  );
}

function childLocation(location: SchemaLocation, token: string, suffix = ""): SchemaLocation {
  return { tokens: [...location.tokens, token], field: location.field + suffix };
}

function createIncompatibility(type: IncompatibilityType, location: SchemaLocation, message: string): Incompatibility {
  return { type, path: `/${location.tokens.slice(1).join("/")}`, field: location.field, message };
}
