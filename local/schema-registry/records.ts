import type { CompatibilityLevel } from "@plinth/schemas/avro/compatibility.ts";

/**
 * A record of `_schemas`, as Confluent's registry and Karapace write it: key and value are JSON,
 * the latest record of a key counts, a null value removes it. Records of unknown kinds are left
 * alone.
 */
export interface LogRecord {
  key: string;
  value: string | null;
}

export const MODES = ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"] as const;
export type Mode = (typeof MODES)[number];

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
  readonly compatibilityLevel?: CompatibilityLevel;
  readonly normalize?: boolean;
}

export type LogEntry =
  | { kind: "SCHEMA"; subject: string; version: number; value: SchemaValue | null }
  | { kind: "CONFIG"; subject: string | null; value: ConfigValue | null }
  | { kind: "MODE"; subject: string | null; value: { mode: Mode } | null }
  | { kind: "DELETE_SUBJECT"; subject: string; value: { version: number } | null }
  | { kind: "CLEAR_SUBJECT"; subject: string | null }
  /** Its value, which other registries ignore, keeps the highest assigned id through compaction. */
  | { kind: "NOOP"; maxId: number }
  | { kind: "STORE"; mark: StoreMark };

/**
 * What a registry writes before anything else, and what other registries ignore: from here on it is
 * the log's writer.
 */
export interface StoreMark {
  /** Of the log. One that was deleted and made again has another. */
  readonly store: string;
  /** One more than that of the writer before. */
  readonly generation: number;
  readonly writer: string;
  /** The highest id ever assigned. */
  readonly maxId: number;
}

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

export function storeRecord(mark: StoreMark): LogRecord {
  return { key: JSON.stringify({ keytype: "STORE", magic: 0 }), value: JSON.stringify(mark) };
}

function schemaKey(subject: string, version: number): string {
  return JSON.stringify({ keytype: "SCHEMA", subject, version, magic: 1 });
}
