import { canonicalString, normalizedString } from "@plinth/schemas/avro/canonical.ts";
import { collectNamedTypes, type Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { errors } from "./errors.ts";
import type { Reference, SchemaValue } from "./records.ts";
import { contentKey, type RegistryState } from "./state.ts";
import { quoteBareName, resolveReferences, storedCanonicalString, withRegistryError } from "./stored-schema.ts";

/** The body of a registration, a look-up or a compatibility check. */
export interface SchemaRequest {
  schema?: unknown;
  schemaType?: unknown;
  references?: unknown;
  version?: unknown;
  id?: unknown;
  metadata?: unknown;
  ruleSet?: unknown;
  schemaTagsToAdd?: unknown;
  schemaTagsToRemove?: unknown;
  propagateSchemaTags?: unknown;
}

/** A request's schema, parsed. Two are the same if `text` and `references` are. */
export interface Candidate {
  schema: Schema;
  text: string;
  references: Reference[];
}

/** @throws RegistryError 42201, naming the place in the schema. */
export function parseCandidate(state: RegistryState, request: SchemaRequest, normalize: boolean): Candidate {
  assertKept(request);
  const { schema: text, schemaType } = request;
  if (schemaType !== undefined && schemaType !== null && schemaType !== "AVRO") {
    throw errors.invalidSchema(`this registry takes AVRO, not ${JSON.stringify(schemaType)}`);
  }
  if (typeof text !== "string" || text.trim() === "") throw errors.invalidSchema(`"schema" must be the schema's text`);
  const references = parseReferences(state, request.references);
  const referenced = resolveReferences(state, references, []);
  const schema = withRegistryError(() => parseSchema(quoteBareName(text), { references: referenced }));
  const names = referenced.flatMap((reference) => [...collectNamedTypes(reference).keys()]);
  if (!normalize) return { schema, text: canonicalString(schema, names), references };
  references.sort(
    (a, b) => compareStrings(a.name, b.name) || compareStrings(a.subject, b.subject) || a.version - b.version,
  );
  return { schema, text: normalizedString(schema, names), references };
}

/**
 * In Confluent's registry these are part of a schema's identity. To leave them out silently would
 * answer with another schema.
 *
 * @throws RegistryError 42210, 42201
 */
function assertKept({ ruleSet, metadata, ...request }: SchemaRequest): void {
  const isSet = (value: unknown) =>
    value !== undefined && value !== null && value !== false && Object.keys(value).length > 0;
  if (isSet(ruleSet)) throw errors.invalidRuleSet("this registry keeps no rules: send the schema without ruleSet");
  if (isSet(metadata))
    throw errors.invalidSchema("this registry keeps no metadata: put it into the schema as attributes");
  if (isSet(request.schemaTagsToAdd) || isSet(request.schemaTagsToRemove) || request.propagateSchemaTags === true)
    throw errors.invalidSchema("this registry keeps no tags: send the schema without them");
}

/**
 * Whether a stored version is the candidate's schema. Another registry may have written the text as
 * the client sent it.
 */
export function isSameSchema(state: RegistryState, value: SchemaValue, candidate: Candidate): boolean {
  if (value.schemaType !== "AVRO" || contentKey("", value.references) !== contentKey("", candidate.references))
    return false;
  return value.schema === candidate.text || storedCanonicalString(state, value) === candidate.text;
}

function parseReferences(state: RegistryState, references: unknown): Reference[] {
  if (references === undefined || references === null) return [];
  if (!Array.isArray(references)) throw errors.invalidSchema(`"references" must be an array`);
  return references.map((reference: Partial<Reference> | null) => {
    const { name, subject, version } = reference ?? {};
    if (typeof name !== "string" || typeof subject !== "string" || !Number.isInteger(version)) {
      throw errors.invalidSchema(`a reference needs "name", "subject" and "version"`);
    }
    const latest = version === -1 ? state.versions(subject, "live").at(-1)?.version : version;
    if (latest === undefined)
      throw errors.invalidSchema(`the reference "${name}" names the subject "${subject}", which has no version`);
    return { name, subject, version: latest };
  });
}

function compareStrings(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
