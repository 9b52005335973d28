import type { AvroSchemasInputs, Subject } from "../avro-schemas.ts";
import { eachOf, Refusal } from "./faults.ts";
import { CONNECTIONS } from "./registry-agent.ts";
import { type Registered, type RegistryClient, RegistryError } from "./registry-client.ts";

interface Candidate {
  name: string;
  subject: Subject;
  level: string;
  /** The registry has the subject, with whatever schemas. */
  known: boolean;
  /** Where exactly this schema is registered already. */
  found: Registered | undefined;
}

/**
 * Brings a registry to `inputs` and returns where each schema is. In this order, so that a refused schema leaves the set unregistered:
 * look all up; set levels of known subjects (a schema is judged under its level); judge all new schemas; only then register.
 * Throws a {@link Refusal} that names the subject and the registry's reason.
 */
export async function registerAll(client: RegistryClient, inputs: AvroSchemasInputs): Promise<Record<string, Registered>> {
  const known = new Set(await client.subjects());
  const entries = Object.entries(inputs.subjects);
  const candidates = await eachOf(entries, CONNECTIONS, async ([name, subject]): Promise<Candidate> => {
    const level = subject.compatibility ?? inputs.compatibility;
    if (!known.has(name)) return { name, subject, level, known: false, found: undefined };
    const [found, current] = await Promise.all([client.lookUp(name, subject).catch(unresolved), client.level(name)]);
    if (current !== level) await client.setLevel(name, level);
    return { name, subject, level, known: true, found };
  });
  await judge(client, candidates);
  const registered = new Map(candidates.flatMap(({ name, found }) => (found ? [[name, pick(found)]] : [])));
  for (const wave of inWaves(candidates.filter(({ found }) => !found))) {
    await eachOf(wave, CONNECTIONS, async (candidate) => registered.set(candidate.name, await register(client, candidate)));
  }
  return Object.fromEntries(entries.map(([name]) => [name, registered.get(name)!]));
}

const pick = ({ id, version }: Registered): Registered => ({ id, version });

/** A schema that refers to one which this run is going to register cannot be found before. */
function unresolved(error: unknown): undefined {
  if (error instanceof RegistryError && error.status === 422) return undefined;
  throw error;
}

async function judge(client: RegistryClient, candidates: Candidate[]): Promise<void> {
  const names = new Set(candidates.filter(({ found }) => !found).map(({ name }) => name));
  // What refers to a schema of this same run is judged by the registry when its turn comes.
  const judged = candidates.filter(({ name, subject }) => names.has(name) && !refersTo(subject, names));
  const reasons = await eachOf(judged, CONNECTIONS, async ({ name, subject, level }) => {
    const reason = await client.findIncompatibility(name, subject).catch((error: unknown) => refusalOf(name, error));
    return reason === undefined ? undefined : `subject ${name} is not ${level}: ${reason}`;
  });
  const refused = reasons.filter((reason) => reason !== undefined);
  if (refused.length === 0) return;
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more subjects)` : "";
  throw new Refusal(`the schema registry refuses the set, and none of it was registered: ${refused[0]}${more}`);
}

async function register(client: RegistryClient, { name, subject, level, known }: Candidate): Promise<Registered> {
  if (!known) await client.setLevel(name, level);
  return client.register(name, subject).catch((error: unknown) => refusalOf(name, error));
}

function refusalOf(name: string, error: unknown): never {
  if (!(error instanceof RegistryError)) throw error;
  throw new Refusal(`the schema registry refuses subject ${name}: ${error.message} (${error.code})`);
}

const refersTo = ({ references = [] }: Subject, names: ReadonlySet<string>): boolean =>
  references.some(({ subject }) => names.has(subject));

/** A schema comes after those it refers to. */
function inWaves(candidates: Candidate[]): Candidate[][] {
  const waves: Candidate[][] = [];
  let rest = candidates;
  while (rest.length > 0) {
    const names = new Set(rest.map(({ name }) => name));
    const wave = rest.filter(({ subject }) => !refersTo(subject, names));
    if (wave.length === 0) throw new Refusal(`subjects ${[...names].join(", ")} refer to each other in a circle; take one reference out`);
    waves.push(wave);
    rest = rest.filter((candidate) => !wave.includes(candidate));
  }
  return waves;
}
