import { COMPATIBILITY_LEVELS } from "@plinth/schemas/avro/compatibility.ts";
import { type ConfigValue, type LogEntry, type LogRecord, MODES, type Reference, type SchemaValue } from "./records.ts";

/** What a record says, or why it is skipped. Undefined for kinds that this registry ignores. */
export type DecodedRecord = { entry: LogEntry } | { fault: string } | undefined;

type JsonFields = Record<string, unknown>;

class MalformedRecord extends Error {}

/** Anyone may write to the log, so nothing in it is taken unchecked. */
export function decodeRecord({ key, value }: LogRecord): DecodedRecord {
  try {
    const entry = decodeEntry(parseObject(key, "key"), value === null ? null : parseObject(value, "value"));
    return entry && { entry };
  } catch (error) {
    if (error instanceof MalformedRecord) return { fault: error.message };
    throw error;
  }
}

function decodeEntry(key: JsonFields, value: JsonFields | null): LogEntry | undefined {
  switch (key.keytype) {
    case "CONFIG":
      return { kind: "CONFIG", subject: optionalSubject(key), value: value && toConfigValue(value) };
    case "MODE":
      return {
        kind: "MODE",
        subject: optionalSubject(key),
        value: value && { mode: oneOf(MODES, value.mode, "mode") },
      };
    case "CLEAR_SUBJECT":
      return { kind: "CLEAR_SUBJECT", subject: optionalSubject(key) };
    case "NOOP":
      return { kind: "NOOP", maxId: value?.maxId === undefined ? 0 : wholeNumber(value.maxId, "maxId", 0) };
    case "STORE":
      return value === null ? undefined : toMark(value);
    case "DELETE_SUBJECT": {
      const version = value && { version: wholeNumber(value.version, "version") };
      return { kind: "DELETE_SUBJECT", subject: requireSubject(key), value: version };
    }
    case "SCHEMA": {
      const [subject, version] = [requireSubject(key), wholeNumber(key.version, "version")];
      return { kind: "SCHEMA", subject, version, value: value && toSchemaValue(subject, version, value) };
    }
    default:
      return undefined;
  }
}

function toSchemaValue(subject: string, version: number, value: JsonFields): SchemaValue {
  const { schemaType = "AVRO", deleted = false, references = [] } = value;
  if (value.version !== undefined && value.version !== version)
    throw new MalformedRecord(`its key is of version ${version}, its value of ${JSON.stringify(value.version)}`);
  if (value.subject !== undefined && value.subject !== subject)
    throw new MalformedRecord(`its key is of subject ${subject}, its value of ${JSON.stringify(value.subject)}`);
  if (typeof deleted !== "boolean") throw new MalformedRecord("deleted is neither true nor false");
  if (references !== null && !Array.isArray(references)) throw new MalformedRecord("references are no list");
  return {
    subject,
    version,
    id: wholeNumber(value.id, "id"),
    schema: text(value.schema, "schema"),
    schemaType: schemaType === null ? "AVRO" : text(schemaType, "schemaType"),
    references: (references ?? []).map(toReference),
    deleted,
  };
}

function toReference(value: unknown): Reference {
  const { name, subject, version } = (value ?? {}) as JsonFields;
  return {
    name: text(name, "a reference's name"),
    subject: text(subject, "a reference's subject"),
    version: wholeNumber(version, "a reference's version"),
  };
}

function toConfigValue({ compatibilityLevel: level, normalize }: JsonFields): ConfigValue {
  return {
    ...(level === undefined || level === null
      ? {}
      : { compatibilityLevel: oneOf(COMPATIBILITY_LEVELS, level, "compatibilityLevel") }),
    ...(typeof normalize === "boolean" ? { normalize } : {}),
  };
}

function toMark(value: JsonFields): LogEntry {
  return {
    kind: "STORE",
    mark: {
      store: text(value.store, "store"),
      writer: text(value.writer, "writer"),
      generation: wholeNumber(value.generation, "generation"),
      maxId: wholeNumber(value.maxId, "maxId", 0),
    },
  };
}

function requireSubject(key: JsonFields): string {
  const subject = text(key.subject, "subject");
  // Each context has ids of its own, which here would be those of the default one.
  if (subject.startsWith(":.") && !subject.startsWith(":.:"))
    throw new MalformedRecord(`${subject} is in another context than the default one`);
  return subject.replace(/^:\.:/, "");
}

const optionalSubject = (key: JsonFields): string | null =>
  key.subject === undefined || key.subject === null ? null : requireSubject(key);

function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw new MalformedRecord(`${name} is no text`);
  return value;
}

function wholeNumber(value: unknown, name: string, least = 1): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value >= 2 ** 31)
    throw new MalformedRecord(`${name} is no whole number from ${least} to 2147483647`);
  return value;
}

function oneOf<T extends string>(known: readonly T[], value: unknown, name: string): T {
  const upper = typeof value === "string" ? value.toUpperCase() : "";
  const found = known.find((one) => one === upper);
  if (found === undefined) throw new MalformedRecord(`${name} is none of ${known.join(", ")}`);
  return found;
}

function parseObject(json: string, part: string): JsonFields {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonFields;
  } catch {
    // Not a registry's record.
  }
  throw new MalformedRecord(`its ${part} is no JSON object`);
}
