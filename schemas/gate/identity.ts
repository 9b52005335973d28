import { createHash } from "node:crypto";
import { normalizedString } from "../avro/canonical.ts";
import { isObject, type Json, parseJson } from "../avro/json.ts";
import { parseSchema } from "../avro/parse.ts";

/**
 * One text for one schema: with everything that a reader or writer may act on (names, types,
 * defaults, aliases, symbols, attributes), without layout, order of attributes and documentation.
 * Two files of one identity are one version.
 *
 * @throws AvroError when the text is no valid schema.
 */
export function schemaIdentity(text: string): string {
  return normalizedString(parseSchema(removeDocs(parseJson(text))));
}

/**
 * The first 12 hexadecimal digits of the SHA-256 of a file, in the name of each recorded version.
 * Of the bytes and not of the schema: what names a file for ever must not hang on how this code
 * writes a schema. Line ends count as git checks them out anywhere.
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
