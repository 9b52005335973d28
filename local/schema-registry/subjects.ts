import { type Candidate, isSameSchema, parseCandidate, type SchemaRequest } from "./candidate.ts";
import { findIncompatibilities } from "./compatibility.ts";
import { errors } from "./errors.ts";
import { type LogRecord, type SchemaValue, schemaRecord, schemaTombstone } from "./records.ts";
import { assertWritable, effectiveConfig } from "./settings.ts";
import type { RegistryState } from "./state.ts";
import type { RegistryStore, WritePlan } from "./store.ts";

export interface Registration {
  subject: string;
  request: SchemaRequest;
  normalize: boolean;
}

interface RegistrationResult {
  id: number;
  version: number;
}

/** Registering a schema under a subject, and looking one up. */
export function createSubjectOperations(journal: RegistryStore) {
  return {
    /**
     * Id and version of the schema, a new id when no subject has it yet; registering again changes
     * nothing. The version is what newer registries answer as well: it spares clients a look-up.
     * @throws RegistryError 409 incompatible, 42201 invalid, 42205 not permitted in this mode.
     */
    register(registration: Registration): Promise<RegistrationResult> {
      return journal.write("Register operation", (state) => planRegistration(state, registration));
    },

    /**
     * @throws RegistryError 40401 without the subject, 40403 without the schema under it, 42201.
     */
    lookUp({ subject, request, normalize }: Registration, deleted: boolean): SchemaValue {
      const { state } = journal;
      const versions = state.versions(subject, deleted ? "all" : "live");
      if (versions.length === 0) throw errors.subjectNotFound(subject);
      const wanted = parseCandidate(state, request, normalize || effectiveConfig(state, subject).normalize === true);
      const found = versions.findLast((value) => isSameSchema(state, value, wanted));
      if (found === undefined) throw errors.schemaNotFound();
      return found;
    },
  };
}

function planRegistration(
  state: RegistryState,
  { subject, request, normalize }: Registration,
): WritePlan<RegistrationResult> {
  if (!/^\P{Cc}+$/u.test(subject) || subject === "__GLOBAL" || subject === "__EMPTY")
    throw errors.invalidSubject(subject);
  const { id, version } = parseIdAndVersion(request);
  const importing = assertIdMatchesMode(state, subject, id);
  const wanted = parseCandidate(state, request, normalize || effectiveConfig(state, subject).normalize === true);
  const all = state.versions(subject, "all");
  const live = all.filter((value) => !value.deleted);
  const there =
    version === undefined
      ? live.findLast((value) => isSameSchema(state, value, wanted) && (id === undefined || id === value.id))
      : undefined;
  if (there !== undefined) return { records: [], result: { id: there.id, version: there.version } };

  if (!importing) {
    const messages = findIncompatibilities(state, subject, wanted, live);
    if (messages.length > 0) throw errors.incompatible(subject, messages);
  }
  const following = (all.at(-1)?.version ?? 0) + 1;
  if (version !== undefined && version !== following && !importing) {
    throw errors.invalidSchema(`version ${version} is not one more than the last one, ${following - 1}`);
  }
  const given = id ?? state.idOf(wanted.text, wanted.references) ?? state.maxId + 1;
  assertIdFree(state, given, wanted);
  const value: SchemaValue = {
    subject,
    version: version ?? following,
    id: given,
    schema: wanted.text,
    schemaType: "AVRO",
    references: wanted.references,
    deleted: false,
  };
  return {
    records: [...supersededTombstones(state, all, value), schemaRecord(value)],
    result: { id: given, version: value.version },
  };
}

/**
 * Soft-deleted versions of the same schema give way to the new one, unless something still
 * references them.
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
 * Ids may be given only while importing, and must be then. @returns whether the subject is
 * importing.
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

function assertIdFree(state: RegistryState, id: number, wanted: Candidate): void {
  const [taken] = state.byId(id);
  if (taken !== undefined && !isSameSchema(state, taken, wanted))
    throw errors.notPermitted(`Overwrite new schema with id ${id} is not permitted.`);
}

function parseIdAndVersion(request: SchemaRequest): { id: number | undefined; version: number | undefined } {
  const { id = -1, version = 0 } = request;
  const whole = (value: unknown) =>
    value === null || (typeof value === "number" && Number.isInteger(value) && value < 2 ** 31);
  if (!whole(id) || !whole(version)) throw errors.badRequest(`"id" and "version" must be whole numbers.`);
  // The original's clients send -1 and 0 for none.
  return {
    id: id === null || (id as number) < 1 ? undefined : (id as number),
    version: version === null || (version as number) < 1 ? undefined : (version as number),
  };
}
