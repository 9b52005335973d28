import { UserError } from "@plinth/local/user-error.ts";
import type { Admin } from "kafkajs";
import { errorReason } from "../errors.ts";
import { retry } from "../retry.ts";
import { splitIntoRequests } from "./requests.ts";

export interface KafkaTopic {
  /** At least 1. May grow, but never shrink: keys would move between partitions. */
  partitions: number;
  /** Replicas of each partition, at most one a broker. @default 1 */
  replicationFactor?: number;
  /**
   * The broker's topic settings by name, as in `{ "retention.ms": "604800000" }`. Other settings
   * are left as they are.
   */
  config?: Record<string, string>;
}

/** A topic as the broker reports it. */
export interface ExistingTopic {
  partitions: number;
  replicationFactor: number;
}

/** The protocol's numbers for "a topic" and "set on the topic itself". */
const TOPIC_RESOURCE = 2;
const TOPIC_CONFIG_SOURCE = 1;

const TIMEOUT_MS = 20_000;

/**
 * Lists all topics of the cluster in one request. A request by name would have the broker create
 * the missing ones.
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
 * Finds the settings of each topic itself.
 *
 * @param topics names of settings by topic; undefined for all, which are about 35 a topic
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
 * Waits until the broker has heard from the controller of every topic and all its partitions.
 * Returns partitions by topic.
 */
export async function waitForTopics(admin: Admin, topics: Record<string, KafkaTopic>): Promise<Record<string, number>> {
  const incomplete = new Error("the broker has not created all topics yet");
  return retry({ deadlineMs: TIMEOUT_MS, isTransient: (error) => error === incomplete }, async () => {
    const existing = await listTopics(admin);
    const counts = Object.entries(topics).map(([name, { partitions }]): [string, number] => {
      const count = existing.get(name)?.partitions ?? 0;
      if (count < partitions) throw incomplete;
      return [name, count];
    });
    return Object.fromEntries(counts);
  });
}

export async function createTopics(admin: Admin, topics: Record<string, KafkaTopic>): Promise<void> {
  const declared = Object.entries(topics).map(([topic, { partitions, replicationFactor, config }]) => ({
    topic,
    numPartitions: partitions,
    replicationFactor: replicationFactor ?? 1,
    configEntries: Object.entries(config ?? {}).map(([name, value]) => ({ name, value })),
  }));
  const countRecords = ({ numPartitions, configEntries }: (typeof declared)[number]) =>
    1 + numPartitions + configEntries.length;
  for (const batch of splitIntoRequests(declared, countRecords)) {
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
 * Replaces all settings of each topic. kafkajs has no incremental request, so callers merge with
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
    const described = settings.map(
      ([topic, config]) =>
        `${topic} (${Object.entries(config)
          .map(([key, value]) => `${key}=${value}`)
          .join(", ")})`,
    );
    throw new UserError(`the broker refused a setting of ${described.slice(0, 3).join("; ")}: ${errorReason(error)}`);
  });
}

interface TopicError extends Error {
  type?: string;
  topic?: string;
}

/** kafkajs gathers the errors of all topics into one. */
const topicErrors = (error: unknown): TopicError[] => (error as { errors?: TopicError[] }).errors ?? [];

function toUserError(refused: TopicError[], topics: Record<string, KafkaTopic>): Error {
  const { type, topic = "?", message } = refused[0]!;
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more topics)` : "";
  const config = Object.entries(topics[topic]?.config ?? {}).map(([name, value]) => `${name}=${value}`);
  const request =
    type === "INVALID_CONFIG"
      ? `, config ${config.join(", ")}`
      : ` (partitions ${topics[topic]?.partitions}, replicationFactor ${topics[topic]?.replicationFactor ?? 1})`;
  return Object.assign(new UserError(`the broker refused topic ${topic}${request}: ${message}${more}`), { type });
}
