import { canonicalString } from "./canonical.ts";
import { isObject, type Json, parseJson } from "./json.ts";
import { AvroError, type Schema } from "./model.ts";
import { parseSchema } from "./parse.ts";

/** A schema as a registry returns it. */
export interface RegisteredText {
  schema: string;
  /** Versions of other subjects whose types it uses. */
  references?: readonly SchemaReference[];
}

export interface SchemaReference {
  subject: string;
  version: number;
}

/** What decoding needs of a writer's schema. Another library may be laxer about the rest. */
const DECODING_ATTRIBUTES_ONLY = new Set(["doc", "aliases", "default", "order"]);

/**
 * Parses the schema of a foreign writer. Defaults, aliases and documentation take no part in
 * reading, so a mistake in them, which Java lets pass, keeps no record from its reader.
 *
 * @throws AvroError if the rest is not Avro
 */
export function parseWriterSchema(text: string, references: Iterable<Schema> = []): Schema {
  let json: Json;
  try {
    json = parseJson(text);
  } catch (error) {
    throw new AvroError("schema", "json", `not JSON: ${(error as Error).message}`);
  }
  return parseSchema(withoutRemarks(json), { references });
}

/**
 * The text of a registered schema with the definitions of its references inside, for reading alone.
 *
 * @param lookUp the registry's answer for a version of a subject
 * @throws AvroError if one of them is not Avro, or they lead back to themselves
 */
export async function inlineReferences(
  registered: RegisteredText,
  lookUp: (reference: SchemaReference) => Promise<RegisteredText>,
): Promise<string> {
  if ((registered.references ?? []).length === 0) return registered.schema;
  const parsed = new Map<string, Promise<Schema>>();
  const parse = async ({ schema, references = [] }: RegisteredText, within: readonly string[]): Promise<Schema> => {
    const used = await Promise.all(
      references.map((reference) => {
        const key = `version ${reference.version} of ${reference.subject}`;
        if (within.includes(key))
          throw new AvroError("schema", "undefined-name", `the references lead from ${key} back to it`);
        const known = parsed.get(key) ?? lookUp(reference).then((text) => parse(text, [...within, key]));
        parsed.set(key, known);
        return known;
      }),
    );
    return parseWriterSchema(schema, used);
  };
  return canonicalString(await parse(registered, []));
}

function withoutRemarks(json: Json | undefined): Json {
  if (Array.isArray(json)) return json.map(withoutRemarks);
  if (!isObject(json)) return json as Json;
  const kept = Object.entries(json).filter(([key]) => !DECODING_ATTRIBUTES_ONLY.has(key));
  const nested = new Set(["type", "items", "values", "fields"]);
  return Object.fromEntries(kept.map(([key, value]) => [key, nested.has(key) ? withoutRemarks(value) : value]));
}
