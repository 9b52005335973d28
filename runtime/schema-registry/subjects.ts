import { type Candidate, candidate, type SchemaRequest, sameSchema } from "./candidate.ts";
import { incompatibilities } from "./compatibility.ts";
import { assertWritable, configInScope } from "./config.ts";
import { errors } from "./errors.ts";
import type { Journal, Plan } from "./journal.ts";
import { type LogRecord, type SchemaValue, schemaRecord, schemaTombstone } from "./records.ts";
import type { State } from "./state.ts";

export interface Registration {
  subject: string;
  request: SchemaRequest;
  normalize: boolean;
}

interface Registered {
  id: number;
  version: number;
}

/** Registering a schema under a subject, and looking one up. */
export function subjects(journal: Journal) {
  return {
    /**
     * Id and version of the schema, a new id when no subject has it yet; registering again changes nothing. The version is what newer
     * registries answer as well: it spares clients a look-up.
     * @throws RegistryError 409 incompatible, 42201 invalid, 42205 not permitted in this mode.
     */
    register(registration: Registration): Promise<Registered> {
      return journal.write("Register operation", (state) => planRegistration(state, registration));
    },

    /** @throws RegistryError 40401 without the subject, 40403 without the schema under it, 42201. */
    lookUp({ subject, request, normalize }: Registration, deleted: boolean): SchemaValue {
      const { state } = journal;
      const versions = state.versions(subject, deleted ? "all" : "live");
      if (versions.length === 0) throw errors.subjectNotFound(subject);
      const wanted = candidate(state, request, normalize || configInScope(state, subject).normalize === true);
      const found = versions.findLast((value) => sameSchema(state, value, wanted));
      if (found === undefined) throw errors.schemaNotFound();
      return found;
    },
  };
}

function planRegistration(state: State, { subject, request, normalize }: Registration): Plan<Registered> {
  if (!/^\P{Cc}+$/u.test(subject) || subject === "__GLOBAL" || subject === "__EMPTY") throw errors.invalidSubject(subject);
  const { id, version } = numbers(request);
  const importing = assertMode(state, subject, id);
  const wanted = candidate(state, request, normalize || configInScope(state, subject).normalize === true);
  const all = state.versions(subject, "all");
  const live = all.filter((value) => !value.deleted);
  const there =
    version === undefined ? live.findLast((value) => sameSchema(state, value, wanted) && (id === undefined || id === value.id)) : undefined;
  if (there !== undefined) return { records: [], result: { id: there.id, version: there.version } };

  if (!importing) {
    const messages = incompatibilities(state, subject, wanted, live);
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
  return { records: [...superseded(state, all, value), schemaRecord(value)], result: { id: given, version: value.version } };
}

/** Soft-deleted versions of the same schema give way to the new one, unless something still references them. */
function superseded(state: State, all: SchemaValue[], value: SchemaValue): LogRecord[] {
  return all
    .filter(
      (old) =>
        old.deleted && old.id === value.id && old.version < value.version && state.referencedBy(old.subject, old.version).length === 0,
    )
    .map((old) => schemaTombstone(old.subject, old.version));
}

/** Ids may be given only while importing, and must be then. @returns whether the subject is importing. */
function assertMode(state: State, subject: string, id: number | undefined): boolean {
  assertWritable(state, subject);
  const importing = state.modeInScope(subject) === "IMPORT";
  if (id !== undefined && !importing) throw errors.notPermitted(`Subject ${subject} is not in import mode, so no id may be given.`);
  if (id === undefined && importing) throw errors.notPermitted(`Subject ${subject} is in import mode: the id must be given.`);
  return importing;
}

function assertIdFree(state: State, id: number, wanted: Candidate): void {
  const [taken] = state.byId(id);
  if (taken !== undefined && !sameSchema(state, taken, wanted))
    throw errors.notPermitted(`Overwrite new schema with id ${id} is not permitted.`);
}

function numbers(request: SchemaRequest): { id: number | undefined; version: number | undefined } {
  const { id = -1, version = 0 } = request;
  const whole = (value: unknown) => value === null || (typeof value === "number" && Number.isInteger(value) && value < 2 ** 31);
  if (!whole(id) || !whole(version)) throw errors.badRequest(`"id" and "version" must be whole numbers.`);
  // The original's clients send -1 and 0 for none.
  return {
    id: id === null || (id as number) < 1 ? undefined : (id as number),
    version: version === null || (version as number) < 1 ? undefined : (version as number),
  };
}
