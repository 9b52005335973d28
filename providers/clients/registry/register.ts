import { UserError } from "@plinth/local/user-error.ts";
import type { AvroSchemasInputs, Subject } from "../../avro-schemas.ts";
import { mapConcurrently } from "../errors.ts";
import { MAX_CONNECTIONS } from "./agent.ts";
import { type RegisteredSchema, type RegistryClient, RegistryError } from "./client.ts";

interface Candidate {
  name: string;
  subject: Subject;
  level: string;
  /** The registry has the subject, with whatever schemas. */
  known: boolean;
  /** Where exactly this schema is registered already. */
  found: RegisteredSchema | undefined;
}

/**
 * Brings a registry to `inputs` and returns where each schema is. In this order, so that a refused
 * schema leaves the set unregistered: look all up; set levels of known subjects (a schema is judged
 * under its level); judge all new schemas; only then register. Throws a {@link UserError} that
 * names the subject and the registry's reason.
 */
export async function registerSubjects(
  client: RegistryClient,
  inputs: AvroSchemasInputs,
): Promise<Record<string, RegisteredSchema>> {
  const known = new Set(await client.listSubjects());
  const entries = Object.entries(inputs.subjects);
  const candidates = await mapConcurrently(entries, MAX_CONNECTIONS, async ([name, subject]): Promise<Candidate> => {
    const level = subject.compatibility ?? inputs.compatibility;
    if (!known.has(name)) return { name, subject, level, known: false, found: undefined };
    const [found, current] = await Promise.all([
      client.findSchema(name, subject).catch(ignoreUnresolvedReference),
      client.findCompatibility(name),
    ]);
    if (current !== level) await client.setCompatibility(name, level);
    return { name, subject, level, known: true, found };
  });
  await requireCompatible(client, candidates);
  const registered = new Map(
    candidates.flatMap(({ name, found }) => (found ? [[name, toRegisteredSchema(found)]] : [])),
  );
  for (const wave of sortByReferences(candidates.filter(({ found }) => !found))) {
    await mapConcurrently(wave, MAX_CONNECTIONS, async (candidate) =>
      registered.set(candidate.name, await registerSubject(client, candidate)),
    );
  }
  return Object.fromEntries(entries.map(([name]) => [name, registered.get(name)!]));
}

const toRegisteredSchema = ({ id, version }: RegisteredSchema): RegisteredSchema => ({ id, version });

/** A schema that refers to one which this run is going to register cannot be found before. */
function ignoreUnresolvedReference(error: unknown): undefined {
  if (error instanceof RegistryError && error.status === 422) return undefined;
  throw error;
}

async function requireCompatible(client: RegistryClient, candidates: Candidate[]): Promise<void> {
  const names = new Set(candidates.filter(({ found }) => !found).map(({ name }) => name));
  // What refers to a schema of this same run is judged by the registry when its turn comes.
  const judged = candidates.filter(({ name, subject }) => names.has(name) && !refersToAny(subject, names));
  const reasons = await mapConcurrently(judged, MAX_CONNECTIONS, async ({ name, subject, level }) => {
    const reason = await client
      .findIncompatibility(name, subject)
      .catch((error: unknown) => throwUserError(name, error));
    return reason === undefined ? undefined : `subject ${name} is not ${level}: ${reason}`;
  });
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

/** A schema comes after those it refers to. */
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
