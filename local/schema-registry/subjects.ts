import { type Candidate, isSameSchema, parseCandidate, type SchemaRequest } from "./candidate.ts";
import { findIncompatibilities } from "./compatibility.ts";
import { errors } from "./errors.ts";
import type { WritePlan } from "./pending-write.ts";
import { type LogRecord, type SchemaValue, schemaRecord, schemaTombstone } from "./records.ts";
import { assertSubject, assertWritable, effectiveConfig } from "./settings.ts";
import type { RegistryState } from "./state.ts";
import type { RegistryStore } from "./store.ts";

export interface Registration {
  subject: string;
  request: SchemaRequest;
  normalize: boolean;
}

interface RegistrationResult {
  id: number;
  version: number;
}

/** Of ids and versions: records carry an id in four bytes, signed in Java. */
const MAX_NUMBER = 2 ** 31 - 1;

/** Registers schemas under subjects, and looks them up. */
export function createSubjectOperations(store: RegistryStore) {
  return {
    /**
     * Id and version of the schema: a new id if no subject has it yet. To register it again changes
     * nothing. The version is in the answer as in newer registries, which saves clients a look-up.
     *
     * @throws RegistryError 409 incompatible, 42201 invalid, 42205 not permitted in this mode
     */
    register(registration: Registration): Promise<RegistrationResult> {
      return store.write("Register operation", (state) => planRegistration(state, registration));
    },

    /**
     * @throws RegistryError 40401 unknown subject, 40403 the subject lacks the schema, 42201
     * invalid
     */
    lookUp({ subject, request, normalize }: Registration, deleted: boolean): SchemaValue {
      const { state } = store;
      const versions = state.versions(subject, deleted ? "all" : "live");
      if (versions.length === 0) throw errors.subjectNotFound(subject);
      const candidate = parseCandidate(state, request, normalize || effectiveConfig(state, subject).normalize === true);
      const version = versions.findLast((value) => isSameSchema(state, value, candidate));
      if (version === undefined) throw errors.schemaNotFound();
      return version;
    },
  };
}

function planRegistration(
  state: RegistryState,
  { subject, request, normalize }: Registration,
): WritePlan<RegistrationResult> {
  assertSubject(subject);
  const { id, version } = parseIdAndVersion(request);
  const candidate = parseCandidate(state, request, normalize || effectiveConfig(state, subject).normalize === true);
  const all = state.versions(subject, "all");
  const live = all.filter((value) => !value.deleted);
  const registered = live.findLast(
    (value) =>
      (id === undefined || id === value.id) &&
      (version === undefined || version === value.version) &&
      isSameSchema(state, value, candidate),
  );
  // As in the original: what is there already is an answer in every mode, also a read-only one.
  if (registered !== undefined) return { records: [], result: { id: registered.id, version: registered.version } };
  const importing = assertIdMatchesMode(state, subject, id);

  if (!importing) {
    const messages = findIncompatibilities(state, subject, candidate, live);
    if (messages.length > 0) throw errors.incompatible(subject, messages);
  }
  const nextVersion = (all.at(-1)?.version ?? 0) + 1;
  if (version !== undefined && version !== nextVersion && !importing) {
    throw errors.invalidSchema(`version ${version} is not one more than the last one, ${nextVersion - 1}`);
  }
  const assignedId = id ?? state.idOf(candidate.text, candidate.references) ?? state.maxId + 1;
  if (Math.max(assignedId, version ?? nextVersion) > MAX_NUMBER)
    throw errors.storeFailed(`no ids or versions are left: ${MAX_NUMBER} was imported`);
  assertIdFree(state, assignedId, candidate);
  const value: SchemaValue = {
    subject,
    version: version ?? nextVersion,
    id: assignedId,
    schema: candidate.text,
    schemaType: "AVRO",
    references: candidate.references,
    deleted: false,
  };
  return {
    records: [...supersededTombstones(state, all, value), schemaRecord(value)],
    result: { id: assignedId, version: value.version },
  };
}

/**
 * Removes soft-deleted versions of the same schema that no version references: the new version
 * replaces them.
 */
function supersededTombstones(state: RegistryState, all: SchemaValue[], value: SchemaValue): LogRecord[] {
  return all
    .filter(
      (old) =>
        old.deleted &&
        old.id === value.id &&
        old.version < value.version &&
        state.referencedBy(old.subject, old.version).length === 0,
    )
    .map((old) => schemaTombstone(old.subject, old.version));
}

/**
 * A request must have an id in IMPORT mode, and may not have one in other modes.
 *
 * @returns whether the subject is in IMPORT mode
 */
function assertIdMatchesMode(state: RegistryState, subject: string, id: number | undefined): boolean {
  assertWritable(state, subject);
  const importing = state.effectiveMode(subject) === "IMPORT";
  if (id !== undefined && !importing)
    throw errors.notPermitted(`Subject ${subject} is not in import mode, so no id may be given.`);
  if (id === undefined && importing)
    throw errors.notPermitted(`Subject ${subject} is in import mode: the id must be given.`);
  return importing;
}

function assertIdFree(state: RegistryState, id: number, candidate: Candidate): void {
  const [holder] = state.byId(id);
  if (holder !== undefined && !isSameSchema(state, holder, candidate))
    throw errors.notPermitted(`Overwrite new schema with id ${id} is not permitted.`);
}

function parseIdAndVersion(request: SchemaRequest): { id: number | undefined; version: number | undefined } {
  const { id = -1, version = 0 } = request;
  const whole = (value: unknown) =>
    value === null || (typeof value === "number" && Number.isInteger(value) && value < 2 ** 31);
  if (!whole(id) || !whole(version)) throw errors.badRequest(`"id" and "version" must be whole numbers.`);
  // Confluent's clients send -1 and 0 for none.
  return {
    id: id === null || (id as number) < 1 ? undefined : (id as number),
    version: version === null || (version as number) < 1 ? undefined : (version as number),
  };
}
