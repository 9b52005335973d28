import { errors } from "./errors.ts";
import type { WritePlan } from "./pending-write.ts";
import {
  configRecord,
  deleteSubjectRecord,
  type LogRecord,
  modeRecord,
  noopRecord,
  type SchemaValue,
  schemaRecord,
  schemaTombstone,
} from "./records.ts";
import { assertWritable } from "./settings.ts";
import type { RegistryState } from "./state.ts";
import type { RegistryStore } from "./store.ts";
import { requireVersion } from "./versions.ts";

/**
 * Soft deletion hides versions from listings, while their ids still decode. Only soft-deleted
 * versions may be deleted permanently.
 */
export function createDeletionOperations(store: RegistryStore) {
  return {
    /** @returns the deleted versions */
    deleteSubject(subject: string, permanent: boolean): Promise<number[]> {
      return store.write("Delete subject operation", (state) =>
        permanent ? planPermanentSubjectDeletion(state, subject) : planSoftSubjectDeletion(state, subject),
      );
    },

    /** @returns the deleted version */
    deleteVersion(subject: string, version: string, permanent: boolean): Promise<number> {
      return store.write("Delete schema version operation", (state) =>
        planVersionDeletion(state, subject, version, permanent),
      );
    },
  };
}

function planSoftSubjectDeletion(state: RegistryState, subject: string): WritePlan<number[]> {
  assertWritable(state, subject);
  const versions = state.versions(subject, "live");
  if (versions.length === 0) {
    throw state.versions(subject, "all").length > 0
      ? errors.subjectSoftDeleted(subject)
      : errors.subjectNotFound(subject);
  }
  for (const { version } of versions)
    assertUnreferenced(state, subject, version, (by) => by.subject !== subject && !by.deleted);
  const result = versions.map(({ version }) => version);
  return { records: [deleteSubjectRecord(subject, Math.max(...result))], result };
}

function planPermanentSubjectDeletion(state: RegistryState, subject: string): WritePlan<number[]> {
  assertWritable(state, subject);
  const versions = state.versions(subject, "all");
  if (versions.length === 0) throw errors.subjectNotFound(subject);
  if (versions.some(({ deleted }) => !deleted)) throw errors.subjectNotSoftDeleted(subject);
  for (const { version } of versions) assertUnreferenced(state, subject, version, (by) => by.subject !== subject);
  // Newest first, as later versions may reference earlier ones.
  const tombstones = versions.toReversed().map(({ version }) => schemaTombstone(subject, version));
  return {
    records: [...tombstones, ...settingTombstones(state, subject), noopRecord(state.maxId)],
    result: versions.map(({ version }) => version),
  };
}

function planVersionDeletion(
  state: RegistryState,
  subject: string,
  text: string,
  permanent: boolean,
): WritePlan<number> {
  assertWritable(state, subject);
  const value = requireVersion(state, subject, text, text !== "latest" || permanent);
  const { version } = value;
  if (permanent && !value.deleted) throw errors.versionNotSoftDeleted(subject, version);
  if (!permanent && value.deleted) throw errors.versionSoftDeleted(subject, version);
  assertUnreferenced(state, subject, version, (by) => permanent || !by.deleted);
  const records = permanent
    ? [schemaTombstone(subject, version), noopRecord(state.maxId)]
    : [schemaRecord({ ...value, deleted: true } satisfies SchemaValue)];
  const lastLive = state.versions(subject, "live").every((other) => other.version === version);
  return { records: lastLive ? [...records, ...settingTombstones(state, subject)] : records, result: version };
}

function assertUnreferenced(
  state: RegistryState,
  subject: string,
  version: number,
  counts: (by: SchemaValue) => boolean,
): void {
  if (state.referencedBy(subject, version).some(counts)) throw errors.referenceExists(subject, version);
}

/** A deleted subject leaves no settings for a later one of its name. */
function settingTombstones(state: RegistryState, subject: string): LogRecord[] {
  return [
    ...(state.config(subject) === undefined ? [] : [configRecord(subject, null)]),
    ...(state.mode(subject) === undefined ? [] : [modeRecord(subject, null)]),
  ];
}
