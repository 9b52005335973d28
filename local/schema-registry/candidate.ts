import { canonicalString, normalizedString } from "@plinth/schemas/avro/canonical.ts";
import { AvroError, collectNamedTypes, type Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { errors, RegistryError } from "./errors.ts";
import type { Reference, SchemaValue } from "./records.ts";
import { contentKey, type RegistryState } from "./state.ts";

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

const CACHE_SIZE = 512;
const parsedSchemas = new Map<string, Schema>();

/** The parsed schema of a stored version. The most recently used ones are cached. */
export function parseStoredSchema(state: RegistryState, value: SchemaValue, within: readonly string[] = []): Schema {
  const place = `${value.subject} version ${value.version}`;
  if (value.schemaType !== "AVRO")
    throw errors.invalidSchema(`${place} is ${value.schemaType}, which this registry does not judge`);
  // A text with references is not cached: its meaning depends on versions of other subjects.
  const key = value.references.length === 0 ? value.schema : undefined;
  const cached = key === undefined ? undefined : parsedSchemas.get(key);
  if (key !== undefined) parsedSchemas.delete(key);
  const schema =
    cached ??
    withRegistryError(() =>
      parseSchema(quoteBareName(value.schema), {
        references: resolveReferences(state, value.references, [...within, place]),
      }),
    );
  if (key !== undefined) parsedSchemas.set(key, schema);
  if (parsedSchemas.size > CACHE_SIZE) parsedSchemas.delete(parsedSchemas.keys().next().value as string);
  return schema;
}

const canonicalStrings = new WeakMap<Schema, string>();

/**
 * Whether a stored version is the candidate's schema. Another registry may have written the text as
 * the client sent it.
 */
export function isSameSchema(state: RegistryState, value: SchemaValue, candidate: Candidate): boolean {
  if (value.schemaType !== "AVRO" || contentKey("", value.references) !== contentKey("", candidate.references))
    return false;
  return value.schema === candidate.text || storedCanonicalString(state, value) === candidate.text;
}

/** Undefined for a text that is not valid here, and so equals no other. */
function storedCanonicalString(state: RegistryState, value: SchemaValue): string | undefined {
  try {
    const schema = parseStoredSchema(state, value);
    const text =
      canonicalStrings.get(schema) ??
      canonicalString(
        schema,
        resolveReferences(state, value.references, []).flatMap((referenced) => [
          ...collectNamedTypes(referenced).keys(),
        ]),
      );
    canonicalStrings.set(schema, text);
    return text;
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/**
 * The referenced schemas, soft-deleted versions included, since earlier schemas still need them.
 */
function resolveReferences(
  state: RegistryState,
  references: readonly Reference[],
  within: readonly string[],
): Schema[] {
  return references.map(({ name, subject, version }) => {
    const value = state.version(subject, version);
    if (value === undefined)
      throw errors.invalidSchema(
        `the reference "${name}" to version ${version} of subject "${subject}" is not registered`,
      );
    if (within.includes(`${subject} version ${version}`))
      throw errors.invalidSchema(`the reference "${name}" leads back to itself`);
    return parseStoredSchema(state, value, within);
  });
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

/** Some clients send a primitive's bare name, which is not JSON: `string` for `"string"`. */
function quoteBareName(text: string): string {
  return /^\s*[A-Za-z_][\w.]*\s*$/.test(text) ? JSON.stringify(text.trim()) : text;
}

function withRegistryError(parse: () => Schema): Schema {
  try {
    return parse();
  } catch (error) {
    throw error instanceof AvroError ? errors.invalidSchema(error.message) : error;
  }
}

function compareStrings(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
