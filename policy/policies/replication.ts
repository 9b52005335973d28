import { entries, type ResourcePolicy } from "../policy.ts";

interface Topic {
  replicationFactor?: number;
}

const MIN_REPLICATION_FACTOR = 3;

export const replication: ResourcePolicy = {
  name: "replication",
  refuses: `in production, Kafka topics with fewer than ${MIN_REPLICATION_FACTOR} replicas of each partition`,
  validateResource({ type, props }, { production }) {
    if (!production || type !== "pulumi-nodejs:dynamic/plinth:KafkaTopics") return [];
    return entries<Topic>(props.topics)
      .filter(([, { replicationFactor = 1 }]) => replicationFactor < MIN_REPLICATION_FACTOR)
      .map(([topic, { replicationFactor = 1 }]) => {
        const missing = `topic ${topic} has ${replicationFactor} of ${MIN_REPLICATION_FACTOR} replicas`;
        return `${missing}: losing a broker loses records; set replicationFactor to ${MIN_REPLICATION_FACTOR}`;
      });
  },
};
