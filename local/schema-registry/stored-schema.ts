import { canonicalString } from "@plinth/schemas/avro/canonical.ts";
import { AvroError, collectNamedTypes, type Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { errors, RegistryError } from "./errors.ts";
import type { Reference, SchemaValue } from "./records.ts";
import { assertReferenceDepth } from "./reference-depth.ts";
import type { RegistryState } from "./state.ts";

/** A result that holds as long as the state has these same versions. */
interface Cached<T> {
  result: T;
  referenced: readonly SchemaValue[];
}

const CACHE_SIZE = 512;
const parsedSchemas = new Map<SchemaValue, Cached<Schema>>();
const canonicalStrings = new WeakMap<SchemaValue, Cached<string | undefined>>();

/** The parsed schema of a stored version. The most recently used ones are cached. */
export function parseStoredSchema(state: RegistryState, value: SchemaValue, within: readonly string[] = []): Schema {
  const place = `${value.subject} version ${value.version}`;
  if (value.schemaType !== "AVRO")
    throw errors.invalidSchema(`${place} is ${value.schemaType}, which this registry does not judge`);
  const cached = validOrUndefined(state, parsedSchemas.get(value));
  if (cached === undefined && within.length === 0) assertReferenceDepth(state, value.references);
  parsedSchemas.delete(value);
  const schema = cached ? cached.result : parse(state, value, [...within, place]);
  parsedSchemas.set(value, { result: schema, referenced: cached?.referenced ?? referencedVersions(state, value) });
  if (parsedSchemas.size > CACHE_SIZE) parsedSchemas.delete(parsedSchemas.keys().next().value as SchemaValue);
  return schema;
}

/**
 * The canonical text of a stored version; undefined for one that is not valid here, and so equals
 * no other. Kept for each version: a registration compares its schema with all of a subject.
 */
export function storedCanonicalString(state: RegistryState, value: SchemaValue): string | undefined {
  const cached = validOrUndefined(state, canonicalStrings.get(value));
  if (cached) return cached.result;
  const text = toCanonicalString(state, value);
  // Mostly the stored text itself, which then is kept once.
  const result = text === value.schema ? value.schema : text;
  canonicalStrings.set(value, { result, referenced: referencedVersions(state, value) });
  return result;
}

function toCanonicalString(state: RegistryState, value: SchemaValue): string | undefined {
  try {
    const names = resolveReferences(state, value.references, []).flatMap((referenced) => [
      ...collectNamedTypes(referenced).keys(),
    ]);
    return canonicalString(parseStoredSchema(state, value), names);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/**
 * The referenced schemas, soft-deleted versions included, since earlier schemas still need them.
 */
export function resolveReferences(
  state: RegistryState,
  references: readonly Reference[],
  within: readonly string[],
): Schema[] {
  // The versions within have been judged together with these.
  if (within.length === 0) assertReferenceDepth(state, references);
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

function parse(state: RegistryState, value: SchemaValue, within: readonly string[]): Schema {
  return withRegistryError(() =>
    parseSchema(quoteBareName(value.schema), { references: resolveReferences(state, value.references, within) }),
  );
}

function validOrUndefined<T>(state: RegistryState, cached: Cached<T> | undefined): Cached<T> | undefined {
  const isValid = cached?.referenced.every((version) => state.version(version.subject, version.version) === version);
  return isValid === true ? cached : undefined;
}

/** All versions that a text means something through, those of references included. */
function referencedVersions(state: RegistryState, value: SchemaValue): SchemaValue[] {
  const found = new Set<SchemaValue>();
  const add = ({ references }: SchemaValue) => {
    for (const { subject, version } of references) {
      const referenced = state.version(subject, version);
      if (referenced !== undefined) found.add(referenced);
    }
  };
  add(value);
  // A set's loop also meets what is added meanwhile.
  for (const referenced of found) add(referenced);
  return [...found];
}

/** Some clients send a primitive's bare name, which is not JSON: `string` for `"string"`. */
export function quoteBareName(text: string): string {
  return /^\s*[A-Za-z_][\w.]*\s*$/.test(text) ? JSON.stringify(text.trim()) : text;
}

/** @throws RegistryError 42201 for a text that breaks a rule of Avro */
export function withRegistryError(parse: () => Schema): Schema {
  try {
    return parse();
  } catch (error) {
    throw error instanceof AvroError ? errors.invalidSchema(error.message) : error;
  }
}
