import { createHash } from "node:crypto";

/**
 * One text for one schema: without whitespace, documentation and order of attributes, with everything that a reader or writer
 * may act on (names, types, defaults, aliases, symbols, logical types). Two files of one canonical text are one version.
 */
export function canonical(schema: unknown): string {
  return JSON.stringify(withoutDocs(schema));
}

/** First 12 hexadecimal digits of the canonical text's SHA-256: names a recorded version. */
export function digest(schema: unknown): string {
  return createHash("sha256").update(canonical(schema)).digest("hex").slice(0, 12);
}

function withoutDocs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDocs);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "doc");
  // A default is a value, not a schema: a field called `doc` inside one counts.
  return Object.fromEntries(kept.toSorted(byName).map(([key, inner]) => [key, key === "default" ? sorted(inner) : withoutDocs(inner)]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(byName)
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

const byName = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);
