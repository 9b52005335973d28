import { UserError } from "@plinth/local/user-error.ts";
import type { Admin } from "kafkajs";
import { withKafkaAdmin } from "../clients/kafka/admin.ts";
import {
  addPartitions,
  createTopics,
  type ExistingTopic,
  findSettings,
  type KafkaTopic,
  listTopics,
  replaceSettings,
  waitForTopics,
} from "../clients/kafka/topics.ts";
import type { Handler } from "../dynamic-resource.ts";
import type { KafkaTopicsInputs as Inputs, KafkaTopicsOutputs as Outputs } from "../kafka-topics.ts";
import { findTopicErrors, findUnsupportedChanges, type Topics } from "./checks/kafka-topics.ts";
import { type Drift, hasDrift } from "./host/drift.ts";
import { hasChanged, isUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";

/**
 * Creates the handler of a cluster's topics.
 *
 * @param options.deadlineMs how long to wait for a broker that does not answer
 */
export function createKafkaTopicsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const apply = (olds: Topics, news: Inputs) =>
    withKafkaAdmin(news, deadlineMs, (admin) => reconcileTopics(admin, olds, news));
  return endingWithItsServer({
    async check(olds, news) {
      return {
        inputs: news,
        failures: toCheckFailures(isUnknown(news.topics) ? [] : findTopicErrors(olds.topics, news.topics)),
      };
    },
    async diff(_id, olds, news) {
      const keys = ["brokers", "cluster", "topics", "onDelete", "providerVersion"] as const;
      return {
        changes:
          hasChanged(olds, news, keys) ||
          (await hasDrift(news.cluster, (lookMs) =>
            withKafkaAdmin(news, Math.min(deadlineMs, lookMs), (admin) => findTopicDrift(admin, news.topics)),
          )),
      };
    },
    async create(inputs) {
      return { id: "topics", outs: { ...inputs, observed: await apply({}, inputs) } };
    },
    async update(_id, olds, news) {
      return { outs: { ...news, observed: await apply(olds.topics, news) } };
    },
    async read(id, props) {
      const { topics, observed } = await withKafkaAdmin(props, deadlineMs, (admin) => readTopics(admin, props.topics));
      const gone = Object.keys(topics).length === 0 && Object.keys(props.topics).length > 0;
      const { observed: _, ...inputs } = props;
      return { id: gone ? "" : id, props: { ...props, topics, observed }, inputs: { ...inputs, topics } };
    },
    async delete(_id, props) {
      if (props.onDelete !== "delete") return;
      await withKafkaAdmin(props, deadlineMs, (admin) => deleteTopics(admin, Object.keys(props.topics)));
    },
  });
}

export const handler = createKafkaTopicsHandler();

/**
 * Reconciles the broker with `news`. Refuses unsupported changes before it writes, and writes only
 * differences. Returns partitions by topic.
 */
async function reconcileTopics(admin: Admin, olds: Topics, news: Inputs): Promise<Record<string, number>> {
  const onBroker = await listTopics(admin);
  rejectUnsupportedChanges(onBroker, news.topics);
  const existing = Object.entries(news.topics).filter(([name]) => onBroker.has(name));
  await createTopics(admin, Object.fromEntries(Object.entries(news.topics).filter(([name]) => !onBroker.has(name))));
  const growing = existing.filter(([name, { partitions }]) => partitions > onBroker.get(name)!.partitions);
  await addPartitions(
    admin,
    growing.map(([name, { partitions }]) => [name, partitions]),
  );
  await updateSettings(admin, olds, Object.fromEntries(existing));
  if (news.onDelete === "delete")
    await deleteTopics(
      admin,
      Object.keys(olds).filter((name) => !(name in news.topics)),
    );
  return waitForTopics(admin, news.topics);
}

function rejectUnsupportedChanges(onBroker: Map<string, ExistingTopic>, topics: Topics): void {
  for (const [name, topic] of Object.entries(topics)) {
    const existing = onBroker.get(name);
    const [reason] = existing ? findUnsupportedChanges(name, existing, topic) : [];
    if (reason !== undefined) throw new UserError(reason);
  }
}

/**
 * Updates the settings of existing topics, but only those that are or were declared. The broker's
 * request replaces all settings of a topic, so it repeats the others.
 */
async function updateSettings(admin: Admin, olds: Topics, topics: Topics): Promise<void> {
  const managed = Object.entries(topics)
    .map(([name, { config = {} }]) => ({
      name,
      config,
      names: [...new Set([...Object.keys(config), ...Object.keys(olds[name]?.config ?? {})])],
    }))
    .filter(({ names }) => names.length > 0);
  const current = await findSettings(admin, Object.fromEntries(managed.map(({ name, names }) => [name, names])));
  const differing = managed.filter(({ name, config, names }) =>
    names.some((key) => !isSameSetting(current.get(name)?.[key], config[key])),
  );
  const all = await findSettings(admin, Object.fromEntries(differing.map(({ name }) => [name, undefined])));
  const merged = differing.map(({ name, config, names }): [string, Record<string, string>] => {
    const others = Object.entries(all.get(name) ?? {}).filter(([key]) => !names.includes(key));
    return [name, { ...Object.fromEntries(others), ...config }];
  });
  await replaceSettings(admin, merged);
}

async function deleteTopics(admin: Admin, names: string[]): Promise<void> {
  const onBroker = await listTopics(admin);
  const topics = names.filter((name) => onBroker.has(name));
  if (topics.length > 0) await admin.deleteTopics({ topics, timeout: 20_000 });
}

async function findTopicDrift(admin: Admin, declared: Topics): Promise<Drift> {
  const { topics } = await readTopics(admin, declared);
  const drift: Drift = { mended: [], said: [] };
  for (const [name, topic] of Object.entries(declared)) {
    const actual = topics[name];
    if (actual === undefined) drift.mended.push(`topic ${name} is gone from the broker`);
    else if (actual.partitions < topic.partitions)
      drift.mended.push(`topic ${name} has ${actual.partitions} partitions on the broker, not ${topic.partitions}`);
    else drift.said.push(...findUnsupportedChanges(name, actual, topic));
    for (const [key, value] of Object.entries((actual && topic.config) ?? {}))
      if (actual?.config?.[key] !== value)
        drift.mended.push(
          `topic ${name} has ${key}=${actual?.config?.[key] ?? "(not set)"} on the broker, not ${value}`,
        );
  }
  return drift;
}

/** Reads the topics in the shape of the inputs, so that the engine shows drift by topic. */
async function readTopics(
  admin: Admin,
  declared: Topics,
): Promise<{ topics: Topics; observed: Record<string, number> }> {
  const onBroker = await listTopics(admin);
  const names = Object.keys(declared).filter((name) => onBroker.has(name));
  const configured = names.filter((name) => Object.keys(declared[name]!.config ?? {}).length > 0);
  const settings = await findSettings(
    admin,
    Object.fromEntries(configured.map((name) => [name, Object.keys(declared[name]!.config!)])),
  );
  const topics = names.map((name): [string, KafkaTopic] => {
    const { config, ...rest } = declared[name]!;
    const { partitions, replicationFactor } = onBroker.get(name)!;
    const replicas = replicationFactor === (rest.replicationFactor ?? 1) ? {} : { replicationFactor };
    const actual = config && { config: keepDeclaredSpelling(config, settings.get(name) ?? {}) };
    return [name, { ...rest, partitions, ...replicas, ...actual }];
  });
  return {
    topics: Object.fromEntries(topics),
    observed: Object.fromEntries(names.map((name) => [name, onBroker.get(name)!.partitions])),
  };
}

/** The broker's values, but as declared if they are equal: "0.50" is read back as "0.5". */
function keepDeclaredSpelling(
  declared: Record<string, string>,
  actual: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(declared).flatMap(([key, value]) => {
      const setting = actual[key];
      return setting === undefined ? [] : [[key, isSameSetting(setting, value) ? value : setting]];
    }),
  );
}

function isSameSetting(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const numeric = a.trim() !== "" && b.trim() !== "" && Number(a) === Number(b);
  return numeric || a.replace(/\s+/g, "").toLowerCase() === b.replace(/\s+/g, "").toLowerCase();
}
