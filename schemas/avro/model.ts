import type { Json } from "./json.ts";

export type PrimitiveName = "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string";
export const PRIMITIVES: ReadonlySet<string> = new Set([
  "null",
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "bytes",
  "string",
]);

/**
 * Attributes that the specification does not name for the type, in the order of the text.
 * `logicalType` and its parameters are among them.
 */
export type Props = ReadonlyMap<string, Json>;

export interface LogicalType {
  name: string;
  /** Only of `decimal`. */
  precision?: number;
  scale?: number;
}

interface TypeBase {
  readonly props: Props;
  /** Set only if its rules hold for the underlying type; the specification ignores it otherwise. */
  readonly logicalType: LogicalType | undefined;
}

export interface Primitive extends TypeBase {
  readonly type: PrimitiveName;
}

export interface ArrayType extends TypeBase {
  readonly type: "array";
  readonly items: Schema;
}

export interface MapType extends TypeBase {
  readonly type: "map";
  readonly values: Schema;
}

export interface UnionType {
  readonly type: "union";
  readonly branches: readonly Schema[];
}

/** `namespace` is empty for none; `full` is `namespace.name`, or the name alone. */
export interface Name {
  readonly name: string;
  readonly namespace: string;
  readonly full: string;
}

interface NamedTypeBase extends TypeBase {
  readonly name: Name;
  readonly doc: string | undefined;
  readonly aliases: readonly Name[];
}

export interface FixedType extends NamedTypeBase {
  readonly type: "fixed";
  /** Bytes. */
  readonly size: number;
}

export interface EnumType extends NamedTypeBase {
  readonly type: "enum";
  readonly symbols: readonly string[];
  /** The symbol that a reader takes for an unknown one. */
  readonly default: string | undefined;
}

export interface Field {
  readonly name: string;
  readonly type: Schema;
  readonly doc: string | undefined;
  /** Undefined when there is none; a default of null is null. */
  readonly default: Json | undefined;
  readonly order: "ascending" | "descending" | "ignore";
  readonly aliases: readonly string[];
  readonly props: Props;
}

export interface RecordType extends NamedTypeBase {
  readonly type: "record";
  /** Whether it is written as `"type": "error"`, which means a record. */
  readonly error: boolean;
  readonly fields: readonly Field[];
}

export type NamedType = RecordType | EnumType | FixedType;
/**
 * A parsed schema. A named type is one object however often it is used, so a recursive schema is a
 * cyclic graph.
 */
export type Schema = Primitive | ArrayType | MapType | UnionType | NamedType;

export function isNamed(schema: Schema): schema is NamedType {
  return schema.type === "record" || schema.type === "enum" || schema.type === "fixed";
}

/** The name of a type in messages: `long`, `array`, `app.Money`. */
export function typeLabel(schema: Schema): string {
  return isNamed(schema) ? schema.name.full : schema.type;
}

/**
 * The rules that a schema can break. `default-text`, `order`, `doc`, `namespace` and `alias` are
 * stricter than Java Avro.
 */
export type AvroRule =
  | "json"
  | "type"
  | "name"
  | "undefined-name"
  | "redefinition"
  | "union"
  | "field"
  | "enum"
  | "enum-default"
  | "size"
  | "order"
  | "namespace"
  | "alias"
  | "doc"
  | "default"
  | "default-text"
  | "depth";

/**
 * An invalid schema: the path (`V1_BETS.event_data.amount_cents`), the rule and the reason.
 */
export class AvroError extends Error {
  readonly path: string;
  readonly rule: AvroRule;
  readonly reason: string;

  constructor(path: string, rule: AvroRule, reason: string) {
    super(`${path}: ${reason}`);
    this.name = "AvroError";
    this.path = path;
    this.rule = rule;
    this.reason = reason;
  }
}

/** Every named type of a schema by full name, outermost first. */
export function collectNamedTypes(root: Schema, found = new Map<string, NamedType>()): Map<string, NamedType> {
  if (root.type === "array") collectNamedTypes(root.items, found);
  else if (root.type === "map") collectNamedTypes(root.values, found);
  else if (root.type === "union") for (const branch of root.branches) collectNamedTypes(branch, found);
  else if (isNamed(root) && !found.has(root.name.full)) {
    found.set(root.name.full, root);
    if (root.type === "record") for (const field of root.fields) collectNamedTypes(field.type, found);
  }
  return found;
}
