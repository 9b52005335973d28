import { UserError } from "@plinth/local/user-error.ts";
import type { CompatibilityLevel } from "@plinth/schemas/avro/compatibility.ts";
import pMap from "p-map";
import { MAX_CONNECTIONS } from "./agent.ts";
import type { RegisteredSchema, RegistryClient, Subject } from "./client.ts";
import { RegistryError } from "./error.ts";

export interface SubjectSet {
  /** Set on each subject that names no level itself. */
  compatibility: CompatibilityLevel;
  /** By name. */
  subjects: Record<string, Subject>;
}

interface Candidate {
  name: string;
  subject: Subject;
  level: string;
  /** True if the registry has the subject, with whatever schemas. */
  known: boolean;
  /** Where exactly this schema is registered already. */
  found: RegisteredSchema | undefined;
}

const options = { concurrency: MAX_CONNECTIONS };

/**
 * Registers a set of subjects and returns where each schema is. Looks all up; sets the levels of
 * known subjects, because a schema is judged under its level; judges all new schemas; only then
 * registers. So a refused schema leaves the whole set unregistered. Throws a {@link UserError} that
 * names the subject and the registry's reason.
 */
export async function registerSubjects(
  client: RegistryClient,
  { subjects, compatibility }: SubjectSet,
): Promise<Record<string, RegisteredSchema>> {
  const known = new Set(await client.listSubjects());
  const entries = Object.entries(subjects);
  const findCandidate = async ([name, subject]: [string, Subject]): Promise<Candidate> => {
    const level = subject.compatibility ?? compatibility;
    if (!known.has(name)) return { name, subject, level, known: false, found: undefined };
    const [found, currentLevel] = await Promise.all([
      client.findSchema(name, subject).catch(ignoreUnresolvedReference),
      client.findCompatibility(name),
    ]);
    if (currentLevel !== level) await client.setCompatibility(name, level);
    return { name, subject, level, known: true, found };
  };
  const candidates = await pMap(entries, findCandidate, options);
  await requireCompatible(client, candidates);
  const registered = new Map(
    candidates.flatMap(({ name, found }) => (found ? [[name, toRegisteredSchema(found)]] : [])),
  );
  for (const wave of sortByReferences(candidates.filter(({ found }) => !found))) {
    await pMap(
      wave,
      async (candidate) => registered.set(candidate.name, await registerSubject(client, candidate)),
      options,
    );
  }
  return Object.fromEntries(entries.map(([name]) => [name, registered.get(name)!]));
}

const toRegisteredSchema = ({ id, version }: RegisteredSchema): RegisteredSchema => ({ id, version });

/** A schema that refers to one of the same run cannot be found before that one is registered. */
function ignoreUnresolvedReference(error: unknown): undefined {
  if (error instanceof RegistryError && error.status === 422) return undefined;
  throw error;
}

async function requireCompatible(client: RegistryClient, candidates: Candidate[]): Promise<void> {
  const names = new Set(candidates.filter(({ found }) => !found).map(({ name }) => name));
  // The registry judges a schema that refers to one of the same run when it is registered.
  const judged = candidates.filter(({ name, subject }) => names.has(name) && !refersToAny(subject, names));
  const judge = async ({ name, subject, level }: Candidate) => {
    const reason = await client
      .findIncompatibility(name, subject)
      .catch((error: unknown) => throwUserError(name, error));
    return reason === undefined ? undefined : `subject ${name} is not ${level}: ${reason}`;
  };
  const reasons = await pMap(judged, judge, options);
  const refused = reasons.filter((reason) => reason !== undefined);
  if (refused.length === 0) return;
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more subjects)` : "";
  throw new UserError(`the schema registry refuses the set, and none of it was registered: ${refused[0]}${more}`);
}

async function registerSubject(
  client: RegistryClient,
  { name, subject, level, known }: Candidate,
): Promise<RegisteredSchema> {
  if (!known) await client.setCompatibility(name, level);
  return client.register(name, subject).catch((error: unknown) => throwUserError(name, error));
}

function throwUserError(name: string, error: unknown): never {
  if (!(error instanceof RegistryError)) throw error;
  throw new UserError(`the schema registry refuses subject ${name}: ${error.message} (${error.code})`);
}

const refersToAny = ({ references = [] }: Subject, names: ReadonlySet<string>): boolean =>
  references.some(({ subject }) => names.has(subject));

/** Splits into waves: each schema comes in a later wave than the schemas it refers to. */
function sortByReferences(candidates: Candidate[]): Candidate[][] {
  const waves: Candidate[][] = [];
  let rest = candidates;
  while (rest.length > 0) {
    const names = new Set(rest.map(({ name }) => name));
    const wave = rest.filter(({ subject }) => !refersToAny(subject, names));
    if (wave.length === 0)
      throw new UserError(`subjects ${[...names].join(", ")} refer to each other in a circle; take one reference out`);
    waves.push(wave);
    rest = rest.filter((candidate) => !wave.includes(candidate));
  }
  return waves;
}
