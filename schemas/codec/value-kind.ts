import type { Schema, UnionType } from "../avro/model.ts";

/** What JavaScript can tell apart. */
export type ValueKind = "null" | "boolean" | "number" | "string" | "bytes" | "array" | "object";

const KINDS: Record<Exclude<Schema["type"], "union">, ValueKind> = {
  null: "null",
  boolean: "boolean",
  int: "number",
  long: "number",
  float: "number",
  double: "number",
  bytes: "bytes",
  fixed: "bytes",
  string: "string",
  enum: "string",
  array: "array",
  map: "object",
  record: "object",
};

/** The kind of a type's values; undefined for a union, which cannot be a branch of another. */
export function kindOfType({ type }: Schema): ValueKind | undefined {
  return type === "union" ? undefined : KINDS[type];
}

/** Undefined for what no type has as a value, such as a function. */
export function kindOfValue(value: unknown): ValueKind | undefined {
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
      return typeof value as ValueKind;
    case "object":
      if (Array.isArray(value)) return "array";
      return value instanceof Uint8Array ? "bytes" : "object";
    default:
      return undefined;
  }
}

/**
 * True if two branches have values of one kind. Then a value names its branch:
 * `{ "app.Money": … }`, and null alone stands for itself.
 */
export function isWrapped({ branches }: UnionType): boolean {
  return new Set(branches.map(kindOfType)).size < branches.length;
}
