import { cutText } from "./text.ts";

/** Fields that the collector sets. A line's own field of that name is kept as `line.NAME`. */
const RESERVED = new Set([
  "service",
  "env",
  "version",
  "level",
  "origin",
  "process",
  "_time",
  "_msg",
  "_stream",
  "_stream_id",
]);

/** Fields of one line, nested ones included. The store keeps a column for each name. */
export const MAX_FIELDS = 100;
const MAX_NAME_CHARS = 100;
const MAX_VALUE_CHARS = 16_384;

export type LineValue = string | number | boolean;

/**
 * Adds the fields of a structured line to a document, nested ones by their path, within bounds: the
 * store drops a line with more columns or longer names than it takes.
 *
 * @param skipped names that are used up already
 */
export function addLineFields(
  document: Record<string, LineValue>,
  fields: Record<string, unknown>,
  skipped: (name: string) => boolean,
): void {
  const rest: Record<string, unknown> = {};
  let count = 0;
  let more = 0;
  const add = (path: string, value: unknown, depth: number) => {
    if (value === null || value === undefined || value === "") return;
    if (typeof value === "object" && depth < 4 && !Array.isArray(value) && count < MAX_FIELDS) {
      for (const name in value) add(`${path}.${name}`, (value as Record<string, unknown>)[name], depth + 1);
      return;
    }
    if (count >= MAX_FIELDS || path.length > MAX_NAME_CHARS) {
      more++;
      if (more <= MAX_FIELDS) rest[path.slice(0, MAX_NAME_CHARS)] = value;
      return;
    }
    count++;
    document[path] = bounded(value);
  };
  for (const name in fields) if (!skipped(name)) add(fieldName(name, fields[name]), fields[name], 0);
  if (more > 0) {
    document["cut.fields"] = more;
    document["cut.rest"] = cutText(JSON.stringify(rest), MAX_VALUE_CHARS);
  }
}

function fieldName(name: string, value: unknown): string {
  // Only the collector files spans.
  const isReserved = RESERVED.has(name) || name === "" || (name === "kind" && value === "span");
  return isReserved ? `line.${name || "unnamed"}` : name;
}

function bounded(value: unknown): LineValue {
  if (typeof value === "string") return value.length > MAX_VALUE_CHARS ? cutText(value, MAX_VALUE_CHARS) : value;
  if (typeof value === "object") return cutText(JSON.stringify(value), MAX_VALUE_CHARS);
  return value as LineValue;
}
