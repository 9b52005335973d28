import { UserError } from "@plinth/local/user-error.ts";
import type { Admin } from "kafkajs";
import type { KafkaTopic } from "../../kafka-topics.ts";
import { errorReason, retry } from "../errors.ts";

/** What the broker has of one topic. */
export interface ExistingTopic {
  partitions: number;
  replicationFactor: number;
}

/** kafkajs' numbers for "a topic" and "set on the topic itself". */
const TOPIC_RESOURCE = 2;
const TOPIC_CONFIG_SOURCE = 1;

/**
 * KRaft refuses an operation of more than 10,000 records: one for each topic, partition and
 * setting. Refused there, it must be split here.
 */
const MAX_RECORDS_PER_REQUEST = 9_000;
const TIMEOUT_MS = 20_000;

/**
 * All topics of the cluster in one request. Asked by name, the broker would make the missing ones.
 */
export async function listTopics(admin: Admin): Promise<Map<string, ExistingTopic>> {
  const { topics } = await admin.fetchTopicMetadata();
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      { partitions: partitions.length, replicationFactor: partitions[0]?.replicas.length ?? 0 },
    ]),
  );
}

/**
 * Settings made on each topic itself. `names` limits the answer to some; a full answer has about 35
 * entries a topic.
 */
export async function findSettings(
  admin: Admin,
  topics: Record<string, string[] | undefined>,
): Promise<Map<string, Record<string, string>>> {
  const resources = Object.entries(topics).map(([name, configNames]) => ({
    type: TOPIC_RESOURCE,
    name,
    ...(configNames && { configNames }),
  }));
  if (resources.length === 0) return new Map();
  const described = await admin.describeConfigs({ resources, includeSynonyms: false });
  return new Map(
    described.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(
        configEntries
          .filter(({ configSource }) => Number(configSource) === TOPIC_CONFIG_SOURCE)
          .map(({ configName, configValue }) => [configName, configValue]),
      ),
    ]),
  );
}

/**
 * Waits until the broker has heard of every topic with as many partitions as asked for. Returns
 * partitions by topic.
 */
export async function waitForTopics(admin: Admin, topics: Record<string, KafkaTopic>): Promise<Record<string, number>> {
  const unheard = new Error("the broker has not made all topics yet");
  return retry({ deadlineMs: TIMEOUT_MS, isTransient: (error) => error === unheard }, async () => {
    const found = await listTopics(admin);
    const counts = Object.entries(topics).map(([name, { partitions }]): [string, number] => {
      const there = found.get(name)?.partitions ?? 0;
      if (there < partitions) throw unheard;
      return [name, there];
    });
    return Object.fromEntries(counts);
  });
}

export async function createTopics(admin: Admin, topics: Record<string, KafkaTopic>): Promise<void> {
  const wanted = Object.entries(topics).map(([topic, { partitions, replicationFactor, config }]) => ({
    topic,
    numPartitions: partitions,
    replicationFactor: replicationFactor ?? 1,
    configEntries: Object.entries(config ?? {}).map(([name, value]) => ({ name, value })),
  }));
  const records = ({ numPartitions, configEntries }: (typeof wanted)[number]) =>
    1 + numPartitions + configEntries.length;
  for (const batch of splitIntoRequests(wanted, records)) {
    await admin.createTopics({ topics: batch, timeout: TIMEOUT_MS, waitForLeaders: false }).catch((error: unknown) => {
      const refused = topicErrors(error).filter(({ type }) => type !== "TOPIC_ALREADY_EXISTS");
      if (refused.length === 0 && topicErrors(error).length > 0) return;
      throw refused.length > 0 ? toUserError(refused, topics) : error;
    });
  }
}

export async function addPartitions(admin: Admin, counts: [topic: string, partitions: number][]): Promise<void> {
  for (const batch of splitIntoRequests(counts, ([, partitions]) => partitions)) {
    const topicPartitions = batch.map(([topic, count]) => ({ topic, count }));
    await admin.createPartitions({ topicPartitions, timeout: TIMEOUT_MS });
  }
}

/**
 * Replaces what is set on each topic. kafkajs has no incremental form, so callers merge with
 * {@link findSettings} first.
 */
export async function replaceSettings(
  admin: Admin,
  settings: [topic: string, config: Record<string, string>][],
): Promise<void> {
  if (settings.length === 0) return;
  const resources = settings.map(([name, config]) => ({
    type: TOPIC_RESOURCE,
    name,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  await admin.alterConfigs({ validateOnly: false, resources }).catch((error: unknown) => {
    if (!/INVALID_CONFIG/.test((error as { type?: string }).type ?? "")) throw error;
    const named = settings.map(
      ([topic, config]) =>
        `${topic} (${Object.entries(config)
          .map(([key, value]) => `${key}=${value}`)
          .join(", ")})`,
    );
    throw new UserError(`the broker refused a setting of ${named.slice(0, 3).join("; ")}: ${errorReason(error)}`);
  });
}

interface TopicError extends Error {
  type?: string;
  topic?: string;
}

/** kafkajs gathers the answers for each topic into one error. */
function topicErrors(error: unknown): TopicError[] {
  const { errors } = error as { errors?: TopicError[] };
  return errors ?? [];
}

function toUserError(refused: TopicError[], topics: Record<string, KafkaTopic>): Error {
  const { type, topic = "?", message } = refused[0]!;
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more topics)` : "";
  const config = Object.entries(topics[topic]?.config ?? {}).map(([name, value]) => `${name}=${value}`);
  const asked =
    type === "INVALID_CONFIG"
      ? `, config ${config.join(", ")}`
      : ` (partitions ${topics[topic]?.partitions}, replicationFactor ${topics[topic]?.replicationFactor ?? 1})`;
  return Object.assign(new UserError(`the broker refused topic ${topic}${asked}: ${message}${more}`), { type });
}

/**
 * In order, each batch of at most `RECORDS_PER_REQUEST` records; an item that is larger alone is a
 * batch of its own.
 */
export function splitIntoRequests<Item>(items: Item[], records: (item: Item) => number): Item[][] {
  const batches: Item[][] = [];
  let sum = Number.POSITIVE_INFINITY;
  for (const item of items) {
    sum += records(item);
    if (sum > MAX_RECORDS_PER_REQUEST) {
      batches.push([]);
      sum = records(item);
    }
    batches.at(-1)!.push(item);
  }
  return batches;
}
