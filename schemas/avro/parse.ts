import {
  MAX_DEPTH,
  nestedContext,
  type ParseContext,
  parseDeclaredAlias,
  RESERVED_ATTRIBUTES,
  RESERVED_ENUM_ATTRIBUTES,
  RESERVED_FIELD_ATTRIBUTES,
  readAliases,
  readDefault,
  readDoc,
  readOrder,
  readProps,
  throwAvroError,
} from "./attributes.ts";
import { checkDefault } from "./defaults.ts";
import { isObject, type Json, type JsonObject, parseJson, wholeNumber } from "./json.ts";
import { findLogicalType } from "./logical-type.ts";
import {
  AvroError,
  collectNamedTypes,
  type EnumType,
  type Field,
  type FixedType,
  type Name,
  type NamedType,
  PRIMITIVES,
  type PrimitiveName,
  type RecordType,
  type Schema,
  typeLabel,
} from "./model.ts";
import { isSimpleName, parseDeclaredName, quote } from "./names.ts";

export interface ParseOptions {
  /** Schemas whose named types, nested ones too, this schema may use. */
  references?: Iterable<Schema>;
  /** Names the schema in errors until its name is known. @default "schema" */
  label?: string;
  /**
   * Whether a short name means the enclosing namespace alone, by the specification. Java also finds
   * a type without a namespace, which other libraries refuse. @default false
   */
  strictNames?: boolean;
}

/**
 * Parses and validates a schema by the Avro 1.12 specification. Names must be defined before they
 * are used, and only once, which Java Avro ≥ 1.12 enforces only in part.
 *
 * @param source JSON text, or its value
 * @throws AvroError for the first rule that it breaks
 */
export function parseSchema(source: string | Json, options: ParseOptions = {}): Schema {
  const label = options.label ?? "schema";
  const parser = new Parser(options);
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Parser {
  readonly #names = new Map<string, NamedType>();
  readonly #strictNames: boolean;
  /** Records whose definition is being parsed. */
  readonly #openRecords = new Set<string>();
  readonly #defaults: { field: Field; path: string }[] = [];

  constructor({ references = [], strictNames = false }: ParseOptions) {
    this.#strictNames = strictNames;
    for (const reference of references) collectNamedTypes(reference, this.#names);
  }

  parse(json: Json | undefined, context: ParseContext): Schema {
    if (context.depth > MAX_DEPTH) throwAvroError(context, "depth", `nested more than ${MAX_DEPTH} deep`);
    if (typeof json === "string") return this.#reference(json, context);
    if (Array.isArray(json)) return this.#union(json, context);
    if (!isObject(json))
      throwAvroError(context, "type", `a type must be a name, an object or an array, not ${JSON.stringify(json)}`);
    const type = json.type;
    if (typeof type !== "string") throwAvroError(context, "type", `the object has no "type" that is a name`);
    if (PRIMITIVES.has(type)) {
      const props = readProps(json, RESERVED_ATTRIBUTES, context);
      return { type: type as PrimitiveName, props, logicalType: findLogicalType(type, props) };
    }
    switch (type) {
      case "record":
      case "error":
        return this.#record(json, context);
      case "enum":
        return this.#enum(json, context);
      case "fixed":
        return this.#fixed(json, context);
      case "array":
        return this.#array(json, context);
      case "map":
        return this.#map(json, context);
      default:
        return throwAvroError(
          context,
          "type",
          `"type" must be a primitive type, record, error, enum, array, map or fixed, not ${quote(type)}`,
        );
    }
  }

  /** Runs last, because the type of a default may be a record that is still being parsed. */
  checkDefaults(): void {
    for (const { field, path } of this.#defaults) {
      const fault = field.default === undefined ? undefined : checkDefault(field.type, field.default);
      if (fault !== undefined) throw new AvroError(path, fault.rule, fault.reason);
    }
  }

  #reference(name: string, context: ParseContext): Schema {
    if (PRIMITIVES.has(name)) return { type: name as PrimitiveName, props: new Map(), logicalType: undefined };
    const qualified = name.includes(".") || context.namespace === "" ? name : `${context.namespace}.${name}`;
    // Like Java, this also finds a type without a namespace, once its definition is complete.
    const outside = this.#openRecords.has(name) ? undefined : this.#names.get(name);
    const type = this.#names.get(qualified) ?? (this.#strictNames ? undefined : outside);
    if (type !== undefined) return type;
    const reason =
      outside === undefined
        ? `the type ${quote(name)} is not defined before it is used`
        : `the short name ${quote(name)} means ${qualified} here, which is not defined: define the type in that namespace`;
    return throwAvroError(context, "undefined-name", reason);
  }

  #union(json: readonly Json[], context: ParseContext): Schema {
    const branches = json.map((branch) => this.parse(branch, nestedContext(context)));
    const seen = new Set<string>();
    for (const branch of branches) {
      if (branch.type === "union") throwAvroError(context, "union", "a union may not hold a union directly");
      const label = typeLabel(branch);
      if (seen.has(label)) throwAvroError(context, "union", `the union holds ${label} twice`);
      seen.add(label);
    }
    return { type: "union", branches };
  }

  #array(json: JsonObject, context: ParseContext): Schema {
    if (!Object.hasOwn(json, "items")) throwAvroError(context, "type", `an array needs "items"`);
    const items = this.parse(json.items, nestedContext(context, `${context.path}[]`));
    const props = readProps(json, RESERVED_ATTRIBUTES, context);
    return { type: "array", items, props, logicalType: findLogicalType("array", props) };
  }

  #map(json: JsonObject, context: ParseContext): Schema {
    if (!Object.hasOwn(json, "values")) throwAvroError(context, "type", `a map needs "values"`);
    const values = this.parse(json.values, nestedContext(context, `${context.path}{}`));
    const props = readProps(json, RESERVED_ATTRIBUTES, context);
    return { type: "map", values, props, logicalType: findLogicalType("map", props) };
  }

  #record(json: JsonObject, context: ParseContext): Schema {
    const name = this.#declare(json, context);
    const place = context.depth === 0 ? { ...context, path: name.name } : context;
    const props = readProps(json, RESERVED_ATTRIBUTES, context);
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
    const names = new Set<string>();
    for (const [index, field] of (json.fields as readonly Json[]).entries()) {
      const parsed = this.#field(field, { ...place, namespace: name.namespace }, index);
      if (names.has(parsed.name)) throwAvroError(place, "field", `the field ${parsed.name} is there twice`);
      names.add(parsed.name);
      fields.push(parsed);
    }
    this.#openRecords.delete(name.full);
    return record;
  }

  #field(json: Json, context: ParseContext, index: number): Field {
    if (!isObject(json)) throwAvroError(context, "field", `field ${index} must be an object`);
    const name = json.name;
    if (typeof name !== "string") throwAvroError(context, "field", `field ${index} has no name`);
    const path = `${context.path}.${name}`;
    const place = { ...context, path };
    if (!isSimpleName(name))
      throwAvroError(place, "name", `a field's name must be letters, digits and _, not beginning with a digit`);
    if (!Object.hasOwn(json, "type")) throwAvroError(place, "field", `the field has no "type"`);
    const field: Mutable<Field> = {
      name,
      type: this.parse(json.type, nestedContext(place)),
      doc: readDoc(json, place),
      default: readDefault(json, place),
      order: readOrder(json, place),
      aliases: readAliases(json, place),
      props: readProps(json, RESERVED_FIELD_ATTRIBUTES, place),
    };
    for (const alias of field.aliases)
      if (!isSimpleName(alias)) throwAvroError(place, "alias", `the alias ${quote(alias)} is not a field's name`);
    this.#defaults.push({ field, path });
    return field;
  }

  #enum(json: JsonObject, context: ParseContext): Schema {
    const name = this.#declare(json, context);
    if (!Array.isArray(json.symbols))
      throwAvroError(context, "enum", `the enum ${name.full} needs an array of "symbols"`);
    const symbols = new Set<string>();
    for (const symbol of json.symbols as readonly Json[]) {
      if (typeof symbol !== "string" || !isSimpleName(symbol))
        throwAvroError(context, "enum", `${JSON.stringify(symbol)} is not a symbol's name`);
      if (symbols.has(symbol)) throwAvroError(context, "enum", `the symbol ${symbol} is there twice`);
      symbols.add(symbol);
    }
    const fallback = Object.hasOwn(json, "default") ? json.default : undefined;
    if (fallback !== undefined && (typeof fallback !== "string" || !symbols.has(fallback))) {
      throwAvroError(
        context,
        typeof fallback === "string" ? "enum" : "enum-default",
        `the default ${JSON.stringify(fallback)} is not one of its symbols`,
      );
    }
    const props = readProps(json, RESERVED_ENUM_ATTRIBUTES, context);
    const parsed: EnumType = {
      type: "enum",
      name,
      doc: readDoc(json, context),
      aliases: readAliases(json, context).map((alias) => parseDeclaredAlias(alias, name, context)),
      symbols: [...symbols],
      default: fallback,
      props,
      logicalType: findLogicalType("enum", props),
    };
    this.#names.set(name.full, parsed);
    return parsed;
  }

  #fixed(json: JsonObject, context: ParseContext): Schema {
    const name = this.#declare(json, context);
    const whole = wholeNumber(json.size);
    // Java cannot allocate longer arrays than 2147483639, so Java Avro takes no longer fixed.
    if (whole === undefined || whole < 0n || whole > 2147483639n)
      throwAvroError(context, "size", `the fixed ${name.full} needs a "size" in bytes`);
    const size = Number(whole);
    const props = readProps(json, RESERVED_ATTRIBUTES, context);
    const parsed: FixedType = {
      type: "fixed",
      name,
      doc: readDoc(json, context),
      aliases: readAliases(json, context).map((alias) => parseDeclaredAlias(alias, name, context)),
      size,
      props,
      logicalType: findLogicalType("fixed", props, size),
    };
    this.#names.set(name.full, parsed);
    return parsed;
  }

  #declare(json: JsonObject, context: ParseContext): Name {
    const { name, namespace } = json;
    if (typeof name !== "string") throwAvroError(context, "name", `the ${String(json.type)} has no name`);
    if (namespace !== undefined && typeof namespace !== "string")
      throwAvroError(context, "namespace", `"namespace" must be a string`);
    const declared = parseDeclaredName(name, namespace ?? context.namespace, context.path);
    if (this.#names.has(declared.full))
      throwAvroError(context, "redefinition", `the type ${declared.full} is defined twice`);
    return declared;
  }
}
