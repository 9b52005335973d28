import { isSegment } from "@plinth/local/request-target.ts";
import { COMPATIBILITY_LEVELS } from "@plinth/schemas/avro/compatibility.ts";
import pMap from "p-map";
import type { AvroSchemasInputs as Inputs, AvroSchemasOutputs as Outputs } from "../avro-schemas.ts";
import { MAX_CONNECTIONS } from "../clients/registry/agent.ts";
import { type RegistryClient, type Subject, withRegistry } from "../clients/registry/client.ts";
import { RegistryError } from "../clients/registry/error.ts";
import { registerSubjects } from "../clients/registry/register.ts";
import type { Handler } from "../dynamic-resource.ts";
import { type Drift, hasDrift } from "./host/drift.ts";
import { hasChanged, isUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";

/**
 * Creates the handler of a registry's subjects.
 *
 * @param options.deadlineMs how long to wait for a registry that does not answer
 * @param options.watch hears of each client that has done its work
 */
export function createAvroSchemasHandler({
  deadlineMs = 30_000,
  watch = (_client: RegistryClient): void => undefined,
} = {}): Handler<Inputs, Outputs> {
  const withWatched = <T>({ registryUrl, cluster }: Inputs, work: (client: RegistryClient) => Promise<T>): Promise<T> =>
    withRegistry({ url: registryUrl, cluster }, deadlineMs, (client) => work(client).finally(() => watch(client)));
  const softDelete = (client: RegistryClient, subjects: string[]) =>
    pMap(subjects, (subject) => client.softDelete(subject), { concurrency: MAX_CONNECTIONS });
  return endingWithItsServer({
    async check(_olds, news) {
      return { inputs: normalizeInputs(news), failures: toCheckFailures(findInputErrors(news)) };
    },
    async diff(_id, olds, news) {
      const keys = ["registryUrl", "cluster", "compatibility", "subjects", "onDelete", "providerVersion"] as const;
      return {
        changes:
          hasChanged(olds, news, keys) ||
          (await hasDrift(news.cluster, (lookMs) =>
            withRegistry({ url: news.registryUrl }, Math.min(deadlineMs, lookMs), (client) => findDrift(client, olds)),
          )),
      };
    },
    async create(inputs) {
      const registered = await withWatched(inputs, (client) => registerSubjects(client, inputs));
      return { id: "schemas", outs: { ...inputs, registered } };
    },
    async update(_id, olds, news) {
      const registered = await withWatched(news, async (client) => {
        const all = await registerSubjects(client, news);
        if (news.onDelete === "soft-delete")
          await softDelete(
            client,
            Object.keys(olds.subjects).filter((subject) => !(subject in news.subjects)),
          );
        return all;
      });
      return { outs: { ...news, registered } };
    },
    async read(id, props) {
      const { shown, kept } = await withWatched(props, (client) => readSubjects(client, props));
      const { registered: _, ...inputs } = props;
      const gone = Object.keys(shown).length === 0 && Object.keys(props.subjects).length > 0;
      return { id: gone ? "" : id, props: { ...props, ...kept }, inputs: { ...inputs, subjects: shown } };
    },
    async delete(_id, props) {
      if (props.onDelete === "soft-delete")
        await withWatched(props, (client) => softDelete(client, Object.keys(props.subjects)));
    },
  });
}

export const handler = createAvroSchemasHandler();

/** Removes blanks and line breaks, which are no change of a schema. Checks name invalid JSON. */
function normalizeInputs(inputs: Inputs): Inputs {
  if (isUnknown(inputs.subjects)) return inputs;
  const subjects = Object.entries(inputs.subjects).map(([name, subject]): [string, Subject] => [
    name,
    { ...subject, schema: compactJson(subject.schema) },
  ]);
  return { ...inputs, subjects: Object.fromEntries(subjects) };
}

function compactJson(schema: string): string {
  try {
    return JSON.stringify(JSON.parse(schema));
  } catch {
    return schema;
  }
}

function findInputErrors({ registryUrl, compatibility, subjects }: Inputs): string[] {
  const reasons: string[] = [];
  const levels = COMPATIBILITY_LEVELS.join(", ");
  if (!isUnknown(registryUrl) && !/^https?:$/.test(URL.canParse(registryUrl) ? new URL(registryUrl).protocol : "")) {
    reasons.push("registryUrl is not an HTTP address, as in http://localhost:8081");
  }
  if (!isCompatibilityLevel(compatibility))
    reasons.push(`compatibility is '${compatibility}', but one of ${levels} is needed`);
  for (const [name, subject] of isUnknown(subjects) ? [] : Object.entries(subjects)) {
    if (!isSegment(name))
      reasons.push(`'${name}' cannot name a subject, because an address cannot hold it: give it another name`);
    if (!isCompatibilityLevel(subject.compatibility))
      reasons.push(`subject ${name}: compatibility is '${subject.compatibility}', but one of ${levels} is needed`);
    const mistake = isUnknown(subject.schema) ? undefined : findJsonError(subject.schema);
    if (mistake) reasons.push(`subject ${name}: the schema is not JSON: ${mistake}`);
  }
  return reasons;
}

const isCompatibilityLevel = (level: unknown): boolean =>
  isUnknown(level) || COMPATIBILITY_LEVELS.some((known) => known === level);

function findJsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where the declared schema is, and what the subject has besides. */
async function lookUp(client: RegistryClient, [name, declared]: [string, Subject], props: Outputs) {
  const [latest, level] = await Promise.all([client.findLatest(name), client.findCompatibility(name)]);
  const ours = props.registered[name];
  const isLatest = latest !== undefined && latest.id === ours?.id && latest.version === ours.version;
  // Of several versions, the declared one need not be the latest: another may have been registered
  // elsewhere, which is no fault of the declared one.
  const found = isLatest ? latest : latest && (await client.findSchema(name, declared).catch(ignoreUnresolved));
  return { name, declared, latest, level, found };
}

function ignoreUnresolved(error: unknown): undefined {
  if (error instanceof RegistryError && error.status === 422) return undefined;
  throw error;
}

async function findDrift(client: RegistryClient, props: Outputs): Promise<Drift> {
  const drift: Drift = { mended: [], said: [] };
  const look = async (entry: [string, Subject]) => {
    const { name, declared, latest, level, found } = await lookUp(client, entry, props);
    const wanted = declared.compatibility ?? props.compatibility;
    if (found === undefined) drift.mended.push(`the declared schema of subject ${name} is gone from the registry`);
    else if (latest !== undefined && latest.version > found.version)
      drift.said.push(
        `subject ${name} has a version ${latest.version} that was registered elsewhere; the declared schema is version ${found.version}`,
      );
    if (level !== wanted) drift.mended.push(`subject ${name} has the level ${level ?? "(not set)"}, not ${wanted}`);
  };
  await pMap(Object.entries(props.subjects), look, { concurrency: MAX_CONNECTIONS });
  return { mended: drift.mended.sort(), said: drift.said.sort() };
}

/**
 * Reads the subjects in the shape of the inputs, so that the engine shows drift by subject. A newer
 * version of elsewhere is shown, but is nothing to put right while the declared one is there: it
 * would be an update at each `up`.
 */
async function readSubjects(
  client: RegistryClient,
  props: Outputs,
): Promise<{ shown: Outputs["subjects"]; kept: Pick<Outputs, "subjects" | "registered"> }> {
  const readSubject = async ([name, declared]: [string, Subject]) => {
    const { latest, level, found } = await lookUp(client, [name, declared], props);
    if (!latest) return undefined;
    const { compatibility, ...subject } = declared;
    const declaredLevel = compatibility ?? props.compatibility;
    // A level that is not set is drift too: the global level may change under the subject.
    const shownLevel = level === declaredLevel ? compatibility : ((level ?? "not set") as typeof declaredLevel);
    const withSchema = (schema: string): Subject => ({
      ...subject,
      schema,
      ...(shownLevel !== undefined && { compatibility: shownLevel }),
    });
    const { id, version } = found ?? latest;
    const [declaredSchema, latestSchema] = [subject.schema, compactJson(latest.schema)];
    return {
      name,
      shown: withSchema(latest.id === found?.id ? declaredSchema : latestSchema),
      kept: withSchema(found ? declaredSchema : latestSchema),
      registered: { id, version },
    };
  };
  const read = await pMap(Object.entries(props.subjects), readSubject, { concurrency: MAX_CONNECTIONS });
  const present = read.filter((subject) => subject !== undefined);
  return {
    shown: Object.fromEntries(present.map(({ name, shown }) => [name, shown])),
    kept: {
      subjects: Object.fromEntries(present.map(({ name, kept }) => [name, kept])),
      registered: Object.fromEntries(present.map(({ name, registered }) => [name, registered])),
    },
  };
}
