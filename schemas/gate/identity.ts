import { createHash } from "node:crypto";
import { normalizedString } from "../avro/canonical.ts";
import { isObject, type Json, parseJson } from "../avro/json.ts";
import { parseSchema } from "../avro/parse.ts";

/**
 * The identity of a schema: everything that a reader or writer may act on (names, types, defaults,
 * aliases, symbols, attributes), without layout, order of attributes and documentation. Two files
 * of one identity are one version.
 *
 * @throws AvroError if the text is not a valid schema
 */
export function schemaIdentity(text: string): string {
  return normalizedString(parseSchema(removeDocs(parseJson(text))));
}

/**
 * The first 12 hexadecimal digits of a file's SHA-256, which are in the name of each recorded
 * version. They are of the bytes, not of the schema, because the name must not depend on how this
 * code writes schemas. CRLF counts as LF, since git may check out either.
 */
export function fileDigest(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex").slice(0, 12);
}

function removeDocs(json: Json): Json {
  if (Array.isArray(json)) return json.map(removeDocs);
  if (!isObject(json)) return json;
  const kept = Object.entries(json).filter(([key]) => key !== "doc");
  // A default is a value, not a schema: a field called `doc` inside one counts.
  return Object.fromEntries(kept.map(([key, inner]) => [key, key === "default" ? inner : removeDocs(inner)]));
}
