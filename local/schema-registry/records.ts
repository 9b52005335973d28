/**
 * A record of `_schemas`, as Confluent's registry and Karapace write it: key and value are JSON,
 * the latest record of a key counts, a null value removes it. Records of unknown kinds are left
 * alone.
 */
export interface LogRecord {
  key: string;
  value: string | null;
}

export interface Reference {
  name: string;
  subject: string;
  version: number;
}

/** One version of a subject. */
export interface SchemaValue {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
  /**
   * Another registry may have written other types than AVRO. They are kept and shown, not judged.
   */
  readonly schemaType: string;
  readonly references: readonly Reference[];
  readonly deleted: boolean;
}

export interface ConfigValue {
  readonly compatibilityLevel?: string;
  readonly normalize?: boolean;
}

export type LogEntry =
  | { kind: "SCHEMA"; subject: string; version: number; value: SchemaValue | null }
  | { kind: "CONFIG"; subject: string | null; value: ConfigValue | null }
  | { kind: "MODE"; subject: string | null; value: { mode: string } | null }
  | { kind: "DELETE_SUBJECT"; subject: string; value: { version: number } | null }
  | { kind: "CLEAR_SUBJECT"; subject: string | null }
  /**
   * Marks the end of the log. Its value, which other registries ignore, keeps the highest assigned
   * id through compaction.
   */
  | { kind: "NOOP"; maxId: number };

/** A version as the API shows it, without default values. */
export function toVersionResponse(value: SchemaValue) {
  const { subject, version, id, schema, schemaType, references, deleted } = value;
  return {
    subject,
    version,
    id,
    ...(schemaType === "AVRO" ? {} : { schemaType }),
    ...(references.length === 0 ? {} : { references }),
    schema,
    ...(deleted ? { deleted } : {}),
  };
}

/** A record always has `deleted`, even if it is false. */
export function schemaRecord(value: SchemaValue): LogRecord {
  return {
    key: schemaKey(value.subject, value.version),
    value: JSON.stringify({ ...toVersionResponse(value), deleted: value.deleted }),
  };
}

export function schemaTombstone(subject: string, version: number): LogRecord {
  return { key: schemaKey(subject, version), value: null };
}

export function configRecord(subject: string | null, value: ConfigValue | null): LogRecord {
  return {
    key: JSON.stringify({ keytype: "CONFIG", subject, magic: 0 }),
    value: value && JSON.stringify({ subject, ...value }),
  };
}

export function modeRecord(subject: string | null, mode: string | null): LogRecord {
  return {
    key: JSON.stringify({ keytype: "MODE", subject, magic: 0 }),
    value: mode && JSON.stringify({ subject, mode }),
  };
}

export function deleteSubjectRecord(subject: string, version: number): LogRecord {
  return {
    key: JSON.stringify({ keytype: "DELETE_SUBJECT", subject, magic: 0 }),
    value: JSON.stringify({ subject, version }),
  };
}

export function noopRecord(maxId: number): LogRecord {
  return { key: JSON.stringify({ keytype: "NOOP", magic: 0 }), value: JSON.stringify({ maxId }) };
}

function schemaKey(subject: string, version: number): string {
  return JSON.stringify({ keytype: "SCHEMA", subject, version, magic: 1 });
}

/** Undefined for records that this registry does not know: of a newer one, or not JSON. */
export function decodeRecord({ key, value }: LogRecord): LogEntry | undefined {
  const keyed = parseObject(key);
  const valued = value === null ? null : parseObject(value);
  if (keyed === undefined || valued === undefined) return undefined;
  const subject = typeof keyed.subject === "string" ? keyed.subject : null;
  switch (keyed.keytype) {
    case "CONFIG":
      return { kind: "CONFIG", subject, value: valued && toConfigValue(valued) };
    case "MODE":
      return { kind: "MODE", subject, value: valued && { mode: String(valued.mode) } };
    case "CLEAR_SUBJECT":
      return { kind: "CLEAR_SUBJECT", subject };
    case "NOOP":
      return { kind: "NOOP", maxId: typeof valued?.maxId === "number" ? valued.maxId : 0 };
    case "DELETE_SUBJECT":
      return subject === null
        ? undefined
        : { kind: "DELETE_SUBJECT", subject, value: valued && { version: Number(valued.version) } };
    case "SCHEMA":
      return subject === null
        ? undefined
        : { kind: "SCHEMA", subject, version: Number(keyed.version), value: valued && toSchemaValue(subject, valued) };
    default:
      return undefined;
  }
}

type JsonFields = Record<string, unknown>;

function parseObject(text: string): JsonFields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as JsonFields) : undefined;
  } catch {
    // Not a registry's record.
    return undefined;
  }
}

function toConfigValue(value: JsonFields): ConfigValue {
  return {
    ...(typeof value.compatibilityLevel === "string" ? { compatibilityLevel: value.compatibilityLevel } : {}),
    ...(typeof value.normalize === "boolean" ? { normalize: value.normalize } : {}),
  };
}

function toSchemaValue(subject: string, value: JsonFields): SchemaValue {
  return {
    subject,
    version: Number(value.version),
    id: Number(value.id),
    schema: String(value.schema),
    schemaType: typeof value.schemaType === "string" ? value.schemaType : "AVRO",
    references: Array.isArray(value.references) ? (value.references as Reference[]) : [],
    deleted: value.deleted === true,
  };
}
