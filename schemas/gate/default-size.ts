import { isObject, type Json } from "../avro/json.ts";
import type { Field, Schema } from "../avro/model.ts";
import { defaultBranch, fieldDefault } from "../codec/default-value.ts";

/**
 * How many values a checked default stands for, counted without making them: a record of two
 * records by empty defaults, of two each, and so on, stands for two to the power of its depth.
 * Infinity for a default that holds itself.
 */
export function countDefaultValues(schema: Schema, json: Json, known = new Map<Field, number>()): number {
  switch (schema.type) {
    case "union":
      return countDefaultValues(defaultBranch(schema.branches, json), json, known);
    case "array":
      return sum((json as readonly Json[]).map((item) => countDefaultValues(schema.items, item, known)));
    case "map":
      return isObject(json)
        ? sum(Object.values(json).map((item) => countDefaultValues(schema.values, item, known)))
        : 1;
    case "record":
      return sum(schema.fields.map((field) => countField(field, json, known)));
    default:
      return 1;
  }
}

function countField(field: Field, json: Json, known: Map<Field, number>): number {
  const given = isObject(json) ? json : {};
  const count = () => countDefaultValues(field.type, fieldDefault(field, given), known);
  if (Object.hasOwn(given, field.name)) return count();
  const before = known.get(field);
  if (before !== undefined) return before;
  // Met again inside of itself, it has no end.
  known.set(field, Number.POSITIVE_INFINITY);
  const values = count();
  known.set(field, values);
  return values;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 1);
