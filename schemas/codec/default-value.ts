import { checkDefault } from "../avro/defaults.ts";
import { type Json, JsonNumber, type JsonObject, wholeNumber } from "../avro/json.ts";
import { type RecordType, type Schema, typeLabel } from "../avro/model.ts";
import { setEntry } from "./entries.ts";
import { isWrapped } from "./value-kind.ts";

/**
 * The value of a checked default, in the shape that decoding gives. Each call makes a new one,
 * because a consumer may change what it received.
 *
 * @throws for a long that no number holds exactly
 */
export function defaultValue(schema: Schema, json: Json): unknown {
  switch (schema.type) {
    case "float":
      return Math.fround(Number(json instanceof JsonNumber ? json.source : json));
    case "int":
    case "double":
      return Number(json instanceof JsonNumber ? json.source : json);
    case "long":
      return safeNumber(wholeNumber(json) ?? 0n);
    case "bytes":
    case "fixed":
      return Buffer.from(json as string, "latin1");
    case "array":
      return (json as readonly Json[]).map((item) => defaultValue(schema.items, item));
    case "map": {
      const map = {};
      for (const [key, item] of Object.entries(json as JsonObject))
        setEntry(map, key, defaultValue(schema.values, item));
      return map;
    }
    case "union": {
      const branch = defaultBranch(schema.branches, json);
      const value = defaultValue(branch, json);
      return isWrapped(schema) && branch.type !== "null" ? { [typeLabel(branch)]: value } : value;
    }
    case "record": {
      const record = {};
      for (const field of schema.fields)
        setEntry(record, field.name, defaultValue(field.type, fieldDefault(field, json as JsonObject)));
      return record;
    }
    default:
      return json;
  }
}

/** The first branch that the default fits; up to Avro 1.11 it had to be the first of all. */
export function defaultBranch(branches: readonly Schema[], json: Json): Schema {
  const branch = branches.find((candidate) => checkDefault(candidate, json) === undefined);
  if (branch === undefined) throw new Error(`the default ${JSON.stringify(json)} fits no branch of its union`);
  return branch;
}

/** What the default of a record holds for a field: its member, or else the field's own default. */
export function fieldDefault({ name, default: own }: RecordType["fields"][number], json: JsonObject): Json {
  return Object.hasOwn(json, name) ? (json[name] as Json) : (own as Json);
}

function safeNumber(whole: bigint): number {
  const value = Number(whole);
  if (!Number.isSafeInteger(value)) throw new Error(`the default ${whole} is a long that no number holds exactly`);
  return value;
}
