/**
 * 1: money and compliance, whose event types are a closed enum. `system`: reports of services about
 * themselves and their users, whose event type is an open string.
 */
export type Tier = 1 | "system";

/** One topic with its schema, owner and settings. */
export interface CatalogEntry {
  topic: string;
  /** TopicNameStrategy: `{topic}-value`. */
  subject: string;
  /** File name inside the schema folder. */
  file: string;
  /** The only service that publishes to the topic and changes its schema. */
  owner: string;
  /** Services that read the topic. Every service may read a topic of tier `system`. */
  consumers: readonly string[];
  /**
   * Number of retry topics, one for each delay of an event that failed. Later events of its key
   * overtake it, so a topic whose readers need the order has none. @default 0
   */
  retries: number;
  /** Field of the envelope that is the message key. Events of one key keep their order. */
  key: "aggregate_id";
  tier: Tier;
  /** May grow, but never shrink, which would move keys to other partitions. */
  partitions: number;
  /** Days that a record is kept. */
  retentionDays: number;
}

/** A topic as the broker creates it. */
export interface TopicSpec {
  topic: string;
  partitions: number;
  /** Kafka's topic configuration. */
  config: Record<string, string>;
}

/**
 * The level of every subject: a reader of a new version can read events of all earlier versions.
 */
export const COMPATIBILITY_LEVEL = "BACKWARD_TRANSITIVE";
/** The form of event types, both enum symbols and strings. */
export const EVENT_TYPE_PATTERN = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

const DAY_MS = 86_400_000;
const DEAD_LETTER_DAYS = 30;

/**
 * The topics of the platform. Services and the Pulumi program read this list; nothing else names a
 * topic.
 */
export const catalog = [
  defineTopic("V1_BETS", { owner: "wallet", tier: 1, partitions: 4, retentionDays: 30 }),
  defineTopic("V1_PAYMENTS", { owner: "wallet", consumers: ["wallet"], tier: 1, partitions: 4, retentionDays: 30 }),
  defineTopic("V1_BALANCES", { owner: "wallet", tier: 1, partitions: 4, retentionDays: 30 }),
  defineTopic("V1_COMPLIANCE", { owner: "compliance", tier: 1, partitions: 4, retentionDays: 365 }),
  defineTopic("user-events", {
    owner: "highload",
    consumers: ["highload"],
    retries: 3,
    tier: "system",
    partitions: 4,
    retentionDays: 7,
  }),
  defineTopic("V1_SYSTEM", { owner: "platform", tier: "system", partitions: 1, retentionDays: 7 }),
] as const;

export type Topic = (typeof catalog)[number]["topic"];

/**
 * The entry of a topic.
 *
 * @throws with the names of all topics, if the catalogue lacks this one
 */
export function findCatalogEntry(topic: Topic): CatalogEntry {
  const entry = catalog.find((candidate) => candidate.topic === topic);
  if (!entry)
    throw new Error(`The catalogue has no topic ${topic}; it has ${catalog.map((one) => one.topic).join(", ")}`);
  return entry;
}

/** The subject that a topic's values are registered under. */
export function subjectOf<T extends string>(topic: T): `${T}-value` {
  return `${topic}-value`;
}

/**
 * Joined by an underscore, as topics are: Kafka warns about names that mix `.` and `_`, which its
 * metrics cannot distinguish.
 */
export function deadLetterTopic<T extends string>(topic: T): `${T}_DLQ` {
  return `${topic}_DLQ`;
}

/** `user-events_RETRY_1` and so on, for `count` of them. */
export function retryTopics<T extends string>(topic: T, count: number): `${T}_RETRY_${number}`[] {
  return Array.from({ length: count }, (_, stage) => `${topic}_RETRY_${stage + 1}` as const);
}

/**
 * Every topic that the broker must have: the catalogue's, each followed by its retry and
 * dead-letter topics if any service may consume it.
 */
export function topicSpecs(entries: readonly CatalogEntry[] = catalog): TopicSpec[] {
  return entries.flatMap(({ topic, partitions, retentionDays, tier, consumers, retries }) => {
    const main = { topic, partitions, config: retentionConfig(retentionDays) };
    if (consumers.length === 0 && tier !== "system") return [main];
    // Few events wait for a retry, and their order is given up already.
    const retry = retryTopics(topic, retries).map((name) => ({
      topic: name,
      partitions: 1,
      config: retentionConfig(retentionDays),
    }));
    // People read dead letters, rarely and in no order: one partition, kept at least as long as the
    // topic that they come from.
    const dead = {
      topic: deadLetterTopic(topic),
      partitions: 1,
      config: retentionConfig(Math.max(DEAD_LETTER_DAYS, retentionDays)),
    };
    return [main, ...retry, dead];
  });
}

/**
 * Environment variables that name the topics to a service: `TOPIC_V1_BETS=V1_BETS`, one for each of
 * `topicSpecs`.
 */
export function topicEnvironment(entries: readonly CatalogEntry[] = catalog): Record<`TOPIC_${string}`, string> {
  return Object.fromEntries(topicSpecs(entries).map(({ topic }) => [topicVariable(topic), topic]));
}

/**
 * `TOPIC_V1_BETS` for `V1_BETS` and `TOPIC_USER_EVENTS` for `user-events`: a character that
 * variable names cannot hold becomes `_`.
 */
export function topicVariable(topic: string): `TOPIC_${string}` {
  return `TOPIC_${topic.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

function defineTopic<const T extends string>(
  topic: T,
  facts: Pick<CatalogEntry, "owner" | "tier" | "partitions" | "retentionDays"> &
    Partial<Pick<CatalogEntry, "consumers" | "retries">>,
): CatalogEntry & { readonly topic: T } {
  return {
    topic,
    subject: subjectOf(topic),
    file: `${topic}.avsc`,
    key: "aggregate_id",
    consumers: [],
    retries: 0,
    ...facts,
  };
}

function retentionConfig(days: number): Record<string, string> {
  return { "cleanup.policy": "delete", "retention.ms": String(days * DAY_MS) };
}
