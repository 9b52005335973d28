import { isDeeperThan, type Json, type JsonObject } from "./json.ts";
import { AvroError, type AvroRule, type Field, type Name, type Props } from "./model.ts";
import { parseDeclaredName } from "./names.ts";

/** Where in a schema the parser is. */
export interface ParseContext {
  /** As errors name the place: `V1_BETS.event_data.amount_cents`. */
  path: string;
  /** The namespace of the enclosing type; empty for none. */
  namespace: string;
  depth: number;
}

/** Deeper than any schema nests; bounds the stack. */
export const MAX_DEPTH = 400;

export const RESERVED_ATTRIBUTES = new Set([
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
export const RESERVED_ENUM_ATTRIBUTES = new Set([...RESERVED_ATTRIBUTES, "default"]);
export const RESERVED_FIELD_ATTRIBUTES = new Set(["default", "doc", "name", "order", "type", "aliases"]);
export function throwAvroError(context: ParseContext, rule: AvroRule, reason: string): never {
  throw new AvroError(context.path, rule, reason);
}

export function nestedContext(context: ParseContext, path = context.path): ParseContext {
  return { path, namespace: context.namespace, depth: context.depth + 1 };
}

export function readProps(json: JsonObject, reserved: ReadonlySet<string>, context: ParseContext): Props {
  const props = new Map(Object.entries(json).filter(([key]) => !reserved.has(key)));
  for (const [name, value] of props) assertShallow(value, `the attribute ${name}`, context);
  return props;
}

export function readDefault(json: JsonObject, context: ParseContext): Json | undefined {
  if (!Object.hasOwn(json, "default")) return undefined;
  assertShallow(json.default, "the default", context);
  return json.default;
}

function assertShallow(value: Json | undefined, what: string, context: ParseContext): void {
  if (isDeeperThan(MAX_DEPTH, value)) throwAvroError(context, "depth", `${what} is nested more than ${MAX_DEPTH} deep`);
}

export function readDoc(json: JsonObject, context: ParseContext): string | undefined {
  if (json.doc !== undefined && typeof json.doc !== "string") throwAvroError(context, "doc", `"doc" must be a string`);
  return json.doc;
}

export function readAliases(json: JsonObject, context: ParseContext): string[] {
  if (json.aliases === undefined) return [];
  if (!Array.isArray(json.aliases)) throwAvroError(context, "type", `"aliases" must be an array of names`);
  const aliases = json.aliases as readonly Json[];
  if (!aliases.every((alias) => typeof alias === "string"))
    throwAvroError(context, "type", `"aliases" must be an array of names`);
  return [...new Set(aliases)];
}

export function parseDeclaredAlias(alias: string, of: Name, context: ParseContext): Name {
  try {
    return parseDeclaredName(alias, of.namespace, context.path);
  } catch (error) {
    throw error instanceof AvroError ? new AvroError(context.path, "alias", `alias: ${error.reason}`) : error;
  }
}

export function readOrder(json: JsonObject, context: ParseContext): Field["order"] {
  const order = Object.hasOwn(json, "order") ? json.order : "ascending";
  if (order !== "ascending" && order !== "descending" && order !== "ignore") {
    throwAvroError(context, "order", `"order" must be ascending, descending or ignore, not ${JSON.stringify(order)}`);
  }
  return order;
}
