import kafkajs, { type ITopicConfig } from "kafkajs";
import { createAdmin } from "../kafka/admin.ts";

/** The topic cannot serve as a log, and waiting does not help. */
export class UnusableTopicError extends Error {}

/** The log that was read before is gone, whether or not the topic is there again. */
export class LostLogError extends UnusableTopicError {
  constructor(how: string) {
    super(`${how}. What was read stays readable. To begin a new log, restart the registry: no id is assigned twice`);
  }
}

/**
 * Creates the compacted topic with one partition if it is missing.
 *
 * @param isKnown whether it was read before, and so is not created again
 * @throws UnusableTopicError if a topic of this name has other settings
 */
export async function ensureSchemaTopic(
  brokers: string[],
  topic: string,
  requestTimeoutMs: number,
  isKnown: boolean,
): Promise<void> {
  const client = new kafkajs.Kafka({
    clientId: "schema-registry",
    brokers,
    connectionTimeout: 2000,
    requestTimeout: requestTimeoutMs,
    retry: { retries: 1, initialRetryTime: 50 },
    logCreator: () => () => {},
  });
  const admin = createAdmin(client);
  try {
    await admin.connect();
    const topics = await admin.listTopics();
    if (topics.includes(topic)) return await assertUsable(admin, topic);
    if (isKnown) throw new LostLogError(`the topic ${topic} was deleted`);
    const cluster = await admin.describeCluster();
    const config: ITopicConfig = {
      topic,
      numPartitions: 1,
      replicationFactor: Math.min(3, cluster.brokers.length),
      configEntries: [{ name: "cleanup.policy", value: "compact" }],
    };
    await admin.createTopics({ topics: [config], waitForLeaders: true, timeout: requestTimeoutMs });
  } finally {
    await admin.disconnect();
  }
}

/** A topic that deletes old records, or has several partitions, would lose schemas. */
async function assertUsable(admin: kafkajs.Admin, topic: string): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions.length;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ["cleanup.policy"] }],
  });
  const policy = resources[0]?.configEntries[0]?.configValue;
  if (partitions !== 1)
    throw new UnusableTopicError(`the topic ${topic} has ${partitions} partitions, but must have 1`);
  if (policy !== "compact")
    throw new UnusableTopicError(
      `the topic ${topic} has cleanup.policy=${policy}, but must have compact, or schemas would be lost`,
    );
}
