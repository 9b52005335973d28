import { cutText, jsonText } from "./text.ts";

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
  // Setting it on an object does something else.
  "__proto__",
]);

/** Fields of one line, nested ones included. The store keeps a column for each name. */
export const MAX_FIELDS = 100;
const MAX_NAME_CHARS = 100;
/** The store drops a line with a longer name. */
const MAX_NAME_BYTES = 128;
const MAX_VALUE_CHARS = 16_384;

/** Characters that the values of one line may have together: the store drops a line of 2 MB. */
export class FieldBudget {
  private chars = 100_000;

  /** @returns false if there is no room */
  take(value: LineValue): boolean {
    const chars = typeof value === "string" ? value.length : 8;
    if (chars > this.chars) return false;
    this.chars -= chars;
    return true;
  }
}

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
  budget = new FieldBudget(),
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
    const kept = count < MAX_FIELDS && !isTooLong(path) ? bounded(value) : undefined;
    if (kept === undefined || !budget.take(kept)) {
      more++;
      if (more <= MAX_FIELDS) rest[path.slice(0, MAX_NAME_CHARS)] = value;
      return;
    }
    count++;
    document[path] = kept;
  };
  for (const name in fields) if (!skipped(name)) add(fieldName(name, fields[name]), fields[name], 0);
  if (more > 0) {
    document["cut.fields"] = more;
    document["cut.rest"] = cutText(jsonText(rest), MAX_VALUE_CHARS);
  }
}

function isTooLong(name: string): boolean {
  // A character has up to three bytes.
  return name.length > MAX_NAME_CHARS || (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES);
}

function fieldName(name: string, value: unknown): string {
  // Only the collector files spans.
  const isReserved = RESERVED.has(name) || name === "" || (name === "kind" && value === "span");
  return isReserved ? `line.${name || "unnamed"}` : name;
}

function bounded(value: unknown): LineValue {
  if (typeof value === "string") return value.length > MAX_VALUE_CHARS ? cutText(value, MAX_VALUE_CHARS) : value;
  if (typeof value === "object") return cutText(jsonText(value), MAX_VALUE_CHARS);
  return value as LineValue;
}
