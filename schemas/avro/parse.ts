import { checkDefault } from "./defaults.ts";
import { isObject, type Json, type JsonObject, parseJson, wholeNumber } from "./json.ts";
import { findLogicalType } from "./logical-type.ts";
import {
  AvroError,
  type AvroRule,
  collectNamedTypes,
  type EnumType,
  type Field,
  type FixedType,
  type Name,
  type NamedType,
  PRIMITIVES,
  type PrimitiveName,
  type Props,
  type RecordType,
  type Schema,
  typeLabel,
} from "./model.ts";
import { isSimpleName, parseDeclaredName, quote } from "./names.ts";

export interface ParseOptions {
  /** Schemas whose named types, nested ones too, this one may use without defining them. */
  references?: Iterable<Schema>;
  /** What to call the schema in errors while its own name is not known. @default "schema" */
  label?: string;
}

const RESERVED_ATTRIBUTES = new Set([
  "doc",
  "fields",
  "items",
  "name",
  "namespace",
  "size",
  "symbols",
  "values",
  "type",
  "aliases",
]);
const RESERVED_ENUM_ATTRIBUTES = new Set([...RESERVED_ATTRIBUTES, "default"]);
const RESERVED_FIELD_ATTRIBUTES = new Set(["default", "doc", "name", "order", "type", "aliases"]);
/** Deeper nesting than any schema has; bounds the stack. */
const MAX_DEPTH = 400;

/**
 * Parses and validates a schema by the Avro 1.12 specification.
 *
 * Names must be defined before they are used and only once (Java Avro ≥ 1.12 lets both pass in
 * part).
 * @param source JSON text, or its value
 * @throws AvroError for the first rule it breaks
 */
export function parseSchema(source: string | Json, options: ParseOptions = {}): Schema {
  const label = options.label ?? "schema";
  const parser = new Parser(options.references ?? []);
  const schema = parser.parse(typeof source === "string" ? parseSource(source, label) : source, {
    path: label,
    namespace: "",
    depth: 0,
  });
  parser.checkDefaults();
  return schema;
}

function parseSource(text: string, label: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    throw new AvroError(label, "json", `not JSON: ${(error as Error).message}`);
  }
}

interface ParseContext {
  path: string;
  namespace: string;
  depth: number;
}

/**
 * What is known of a type before its own parts are read: a name is usable inside its own
 * definition.
 */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Parser {
  readonly #names = new Map<string, NamedType>();
  /** Records whose definition is being read. */
  readonly #openRecords = new Set<string>();
  readonly #defaults: { field: Field; path: string }[] = [];

  constructor(references: Iterable<Schema>) {
    for (const reference of references) collectNamedTypes(reference, this.#names);
  }

  parse(json: Json | undefined, at: ParseContext): Schema {
    if (at.depth > MAX_DEPTH) throwAvroError(at, "depth", `nested more than ${MAX_DEPTH} deep`);
    if (typeof json === "string") return this.#reference(json, at);
    if (Array.isArray(json)) return this.#union(json, at);
    if (!isObject(json))
      throwAvroError(at, "type", `a type must be a name, an object or an array, not ${JSON.stringify(json)}`);
    const type = json.type;
    if (typeof type !== "string") throwAvroError(at, "type", `the object has no "type" that is a name`);
    if (PRIMITIVES.has(type)) {
      const props = readProps(json, RESERVED_ATTRIBUTES);
      return { type: type as PrimitiveName, props, logicalType: findLogicalType(type, props) };
    }
    switch (type) {
      case "record":
      case "error":
        return this.#record(json, at);
      case "enum":
        return this.#enum(json, at);
      case "fixed":
        return this.#fixed(json, at);
      case "array":
        return this.#array(json, at);
      case "map":
        return this.#map(json, at);
      default:
        return throwAvroError(
          at,
          "type",
          `"type" must be a primitive type, record, error, enum, array, map or fixed, not ${quote(type)}`,
        );
    }
  }

  /** Defaults wait for the end: the type of one may be a record that is still being read. */
  checkDefaults(): void {
    for (const { field, path } of this.#defaults) {
      const fault = field.default === undefined ? undefined : checkDefault(field.type, field.default);
      if (fault !== undefined) throw new AvroError(path, fault.rule, fault.reason);
    }
  }

  #reference(name: string, at: ParseContext): Schema {
    if (PRIMITIVES.has(name)) return { type: name as PrimitiveName, props: new Map(), logicalType: undefined };
    const qualified = name.includes(".") || at.namespace === "" ? name : `${at.namespace}.${name}`;
    // By the specification the namespace around a short name is its own. Like Java, a type outside
    // any namespace is found too, once its definition is complete.
    const found = this.#names.get(qualified) ?? (this.#openRecords.has(name) ? undefined : this.#names.get(name));
    return found ?? throwAvroError(at, "undefined-name", `the type ${quote(name)} is not defined before it is used`);
  }

  #union(json: readonly Json[], at: ParseContext): Schema {
    const branches = json.map((branch) => this.parse(branch, nestedContext(at)));
    const seen = new Set<string>();
    for (const branch of branches) {
      if (branch.type === "union") throwAvroError(at, "union", "a union may not hold a union directly");
      const label = typeLabel(branch);
      if (seen.has(label)) throwAvroError(at, "union", `the union holds ${label} twice`);
      seen.add(label);
    }
    return { type: "union", branches };
  }

  #array(json: JsonObject, at: ParseContext): Schema {
    if (!Object.hasOwn(json, "items")) throwAvroError(at, "type", `an array needs "items"`);
    const items = this.parse(json.items, nestedContext(at, `${at.path}[]`));
    const props = readProps(json, RESERVED_ATTRIBUTES);
    return { type: "array", items, props, logicalType: findLogicalType("array", props) };
  }

  #map(json: JsonObject, at: ParseContext): Schema {
    if (!Object.hasOwn(json, "values")) throwAvroError(at, "type", `a map needs "values"`);
    const values = this.parse(json.values, nestedContext(at, `${at.path}{}`));
    const props = readProps(json, RESERVED_ATTRIBUTES);
    return { type: "map", values, props, logicalType: findLogicalType("map", props) };
  }

  #record(json: JsonObject, at: ParseContext): Schema {
    const name = this.#declare(json, at);
    const place = at.depth === 0 ? { ...at, path: name.name } : at;
    const props = readProps(json, RESERVED_ATTRIBUTES);
    const fields: Field[] = [];
    const record: RecordType = {
      type: "record",
      error: json.type === "error",
      name,
      doc: readDoc(json, place),
      aliases: readAliases(json, place).map((alias) => parseDeclaredAlias(alias, name, place)),
      fields,
      props,
      logicalType: findLogicalType("record", props),
    };
    this.#names.set(name.full, record);
    this.#openRecords.add(name.full);
    if (!Array.isArray(json.fields))
      throwAvroError(place, "field", `the record ${name.full} needs an array of "fields"`);
    for (const [index, field] of (json.fields as readonly Json[]).entries()) {
      const parsed = this.#field(field, { ...place, namespace: name.namespace }, index);
      if (fields.some((other) => other.name === parsed.name))
        throwAvroError(place, "field", `the field ${parsed.name} is there twice`);
      fields.push(parsed);
    }
    this.#openRecords.delete(name.full);
    return record;
  }

  #field(json: Json, at: ParseContext, index: number): Field {
    if (!isObject(json)) throwAvroError(at, "field", `field ${index} must be an object`);
    const name = json.name;
    if (typeof name !== "string") throwAvroError(at, "field", `field ${index} has no name`);
    const path = `${at.path}.${name}`;
    const place = { ...at, path };
    if (!isSimpleName(name))
      throwAvroError(place, "name", `a field's name must be letters, digits and _, not beginning with a digit`);
    if (!Object.hasOwn(json, "type")) throwAvroError(place, "field", `the field has no "type"`);
    const field: Mutable<Field> = {
      name,
      type: this.parse(json.type, nestedContext(place)),
      doc: readDoc(json, place),
      default: Object.hasOwn(json, "default") ? json.default : undefined,
      order: readOrder(json, place),
      aliases: readAliases(json, place),
      props: readProps(json, RESERVED_FIELD_ATTRIBUTES),
    };
    for (const alias of field.aliases)
      if (!isSimpleName(alias)) throwAvroError(place, "alias", `the alias ${quote(alias)} is not a field's name`);
    this.#defaults.push({ field, path });
    return field;
  }

  #enum(json: JsonObject, at: ParseContext): Schema {
    const name = this.#declare(json, at);
    if (!Array.isArray(json.symbols)) throwAvroError(at, "enum", `the enum ${name.full} needs an array of "symbols"`);
    const symbols: string[] = [];
    for (const symbol of json.symbols as readonly Json[]) {
      if (typeof symbol !== "string" || !isSimpleName(symbol))
        throwAvroError(at, "enum", `${JSON.stringify(symbol)} is not a symbol's name`);
      if (symbols.includes(symbol)) throwAvroError(at, "enum", `the symbol ${symbol} is there twice`);
      symbols.push(symbol);
    }
    const fallback = Object.hasOwn(json, "default") ? json.default : undefined;
    if (fallback !== undefined && (typeof fallback !== "string" || !symbols.includes(fallback))) {
      throwAvroError(
        at,
        typeof fallback === "string" ? "enum" : "enum-default",
        `the default ${JSON.stringify(fallback)} is not one of its symbols`,
      );
    }
    const props = readProps(json, RESERVED_ENUM_ATTRIBUTES);
    const parsed: EnumType = {
      type: "enum",
      name,
      doc: readDoc(json, at),
      aliases: readAliases(json, at).map((alias) => parseDeclaredAlias(alias, name, at)),
      symbols,
      default: fallback,
      props,
      logicalType: findLogicalType("enum", props),
    };
    this.#names.set(name.full, parsed);
    return parsed;
  }

  #fixed(json: JsonObject, at: ParseContext): Schema {
    const name = this.#declare(json, at);
    const whole = wholeNumber(json.size);
    // 2147483639 is the longest array a Java machine allocates, and so the longest fixed that Java
    // Avro takes.
    if (whole === undefined || whole < 0n || whole > 2147483639n)
      throwAvroError(at, "size", `the fixed ${name.full} needs a "size" in bytes`);
    const size = Number(whole);
    const props = readProps(json, RESERVED_ATTRIBUTES);
    const parsed: FixedType = {
      type: "fixed",
      name,
      doc: readDoc(json, at),
      aliases: readAliases(json, at).map((alias) => parseDeclaredAlias(alias, name, at)),
      size,
      props,
      logicalType: findLogicalType("fixed", props, size),
    };
    this.#names.set(name.full, parsed);
    return parsed;
  }

  #declare(json: JsonObject, at: ParseContext): Name {
    const { name, namespace } = json;
    if (typeof name !== "string") throwAvroError(at, "name", `the ${String(json.type)} has no name`);
    if (namespace !== undefined && typeof namespace !== "string")
      throwAvroError(at, "namespace", `"namespace" must be a string`);
    const declared = parseDeclaredName(name, namespace ?? at.namespace, at.path);
    if (this.#names.has(declared.full))
      throwAvroError(at, "redefinition", `the type ${declared.full} is defined twice`);
    return declared;
  }
}

function throwAvroError(at: ParseContext, rule: AvroRule, reason: string): never {
  throw new AvroError(at.path, rule, reason);
}

function nestedContext(at: ParseContext, path = at.path): ParseContext {
  return { path, namespace: at.namespace, depth: at.depth + 1 };
}

function readProps(json: JsonObject, reserved: ReadonlySet<string>): Props {
  return new Map(Object.entries(json).filter(([key]) => !reserved.has(key)));
}

function readDoc(json: JsonObject, at: ParseContext): string | undefined {
  if (json.doc !== undefined && typeof json.doc !== "string") throwAvroError(at, "doc", `"doc" must be a string`);
  return json.doc;
}

function readAliases(json: JsonObject, at: ParseContext): string[] {
  if (json.aliases === undefined) return [];
  if (!Array.isArray(json.aliases)) throwAvroError(at, "type", `"aliases" must be an array of names`);
  const aliases = json.aliases as readonly Json[];
  if (!aliases.every((alias) => typeof alias === "string"))
    throwAvroError(at, "type", `"aliases" must be an array of names`);
  return [...new Set(aliases)];
}

function parseDeclaredAlias(alias: string, of: Name, at: ParseContext): Name {
  try {
    return parseDeclaredName(alias, of.namespace, at.path);
  } catch (error) {
    throw error instanceof AvroError ? new AvroError(at.path, "alias", `alias: ${error.reason}`) : error;
  }
}

function readOrder(json: JsonObject, at: ParseContext): Field["order"] {
  const order = Object.hasOwn(json, "order") ? json.order : "ascending";
  if (order !== "ascending" && order !== "descending" && order !== "ignore") {
    throwAvroError(at, "order", `"order" must be ascending, descending or ignore, not ${JSON.stringify(order)}`);
  }
  return order;
}
