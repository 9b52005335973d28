/**
 * 1: money and compliance, whose event types are a closed enum. `system`: what services report of
 * themselves and of their users, an open string.
 */
export type Tier = 1 | "system";

/** One topic and everything that is bound to it. */
export interface CatalogEntry {
  topic: string;
  /** TopicNameStrategy: `{topic}-value`. */
  subject: string;
  /** File name inside the schema folder. */
  file: string;
  /** The service that publishes to the topic and alone changes its schema. */
  owner: string;
  /** Services that read the topic. Of tier `system` any may, named or not. */
  consumers: readonly string[];
  /**
   * Retry topics, one for each time that an event which failed is put aside for longer. It is then
   * overtaken by later events of its key: 0 for a topic whose readers need their order. @default 0
   */
  retries: number;
  /** Field of the envelope that is the message key: what must stay in order shares a partition. */
  key: "aggregate_id";
  tier: Tier;
  /** May grow, never shrink: keys would move. */
  partitions: number;
  /** Days that a record is kept. */
  retentionDays: number;
}

/** What a broker is asked for. */
export interface TopicSpec {
  topic: string;
  partitions: number;
  /** Kafka topic configuration, by its own names. */
  config: Record<string, string>;
}

/**
 * What each subject demands of a new version: a reader of it reads what any earlier version wrote.
 */
export const COMPATIBILITY_LEVEL = "BACKWARD_TRANSITIVE";
/** How an event type is written, in enums and in strings alike. */
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

/** The entry of a topic. @throws when the catalogue has none, naming those it has. */
export function findCatalogEntry(topic: Topic): CatalogEntry {
  const found = catalog.find((candidate) => candidate.topic === topic);
  if (!found)
    throw new Error(`The catalogue has no topic ${topic}; it has ${catalog.map((one) => one.topic).join(", ")}`);
  return found;
}

/** The subject that a topic's values are registered under. */
export function subjectOf<T extends string>(topic: T): `${T}-value` {
  return `${topic}-value`;
}

/**
 * Joined by an underscore as the topics are: Kafka warns where `.` and `_` are mixed, since its
 * metrics cannot tell them apart.
 */
export function deadLetterTopic<T extends string>(topic: T): `${T}_DLQ` {
  return `${topic}_DLQ`;
}

/** `user-events_RETRY_1` and so on, for `count` of them. */
export function retryTopics<T extends string>(topic: T, count: number): `${T}_RETRY_${number}`[] {
  return Array.from({ length: count }, (_, stage) => `${topic}_RETRY_${stage + 1}` as const);
}

/**
 * Every topic that the broker must have: those of the catalogue, each followed by its retry and
 * dead-letter topics where something may consume it.
 */
export function topicSpecs(entries: readonly CatalogEntry[] = catalog): TopicSpec[] {
  return entries.flatMap(({ topic, partitions, retentionDays, tier, consumers, retries }) => {
    const own = { topic, partitions, config: retentionConfig(retentionDays) };
    if (consumers.length === 0 && tier !== "system") return [own];
    // What waits to be tried again is little, and its order is given up already.
    const retry = retryTopics(topic, retries).map((name) => ({
      topic: name,
      partitions: 1,
      config: retentionConfig(retentionDays),
    }));
    // A dead letter is read by a person, rarely and in no order: one partition, and never kept
    // shorter than what it came from.
    const dead = {
      topic: deadLetterTopic(topic),
      partitions: 1,
      config: retentionConfig(Math.max(DEAD_LETTER_DAYS, retentionDays)),
    };
    return [own, ...retry, dead];
  });
}

/**
 * Environment that names each topic to a service: `TOPIC_V1_BETS=V1_BETS`, one for each of
 * `topicSpecs`.
 */
export function topicEnvironment(entries: readonly CatalogEntry[] = catalog): Record<`TOPIC_${string}`, string> {
  return Object.fromEntries(topicSpecs(entries).map(({ topic }) => [topicVariable(topic), topic]));
}

/**
 * `TOPIC_V1_BETS` for `V1_BETS`; what no variable name can hold (`user-events`) becomes `_`, in
 * capitals.
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
