import { entries, type ResourcePolicy } from "../policy.ts";

interface Topic {
  replicationFactor?: number;
}

const COPIES = 3;

export const replication: ResourcePolicy = {
  name: "replication",
  refuses: `in production, Kafka topics with fewer than ${COPIES} copies of each partition`,
  inspect({ type, props }, { production }) {
    if (!production || type !== "pulumi-nodejs:dynamic/plinth:KafkaTopics") return [];
    return entries<Topic>(props.topics)
      .filter(([, { replicationFactor = 1 }]) => replicationFactor < COPIES)
      .map(
        ([topic, { replicationFactor = 1 }]) =>
          `topic ${topic} has ${replicationFactor} of ${COPIES} copies: losing a broker loses records; set replicationFactor to ${COPIES}`,
      );
  },
};
