import type { Admin } from "kafkajs";
import { type Labels, metricText } from "./exposition.ts";

/** Each is a request to the broker. */
const MAX_GROUPS = 200;

/** Names and labels are Redpanda's public metrics, so that panels need not know where they run. */
export async function readKafkaMetrics(admin: Admin): Promise<string> {
  const [{ brokers }, { topics }, { groups }] = await Promise.all([
    admin.describeCluster(),
    admin.fetchTopicMetadata(),
    admin.listGroups(),
  ]);
  const shown = topics.filter(({ name }) => !name.startsWith("__"));
  const offsets = await Promise.all(
    shown.map(async ({ name }) => ({ topic: name, partitions: await admin.fetchTopicOffsets(name) })),
  );
  const committed = await Promise.all(
    groups.slice(0, MAX_GROUPS).map(async ({ groupId }) => ({
      group: groupId,
      topics: await admin.fetchOffsets({ groupId }),
    })),
  );
  const newest = offsets.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, high }): [Labels, bigint] => [
      { redpanda_topic: topic, redpanda_partition: partition },
      BigInt(high),
    ]),
  );
  const positions = committed.flatMap(({ group, topics: read }) =>
    read.flatMap(({ topic, partitions }) =>
      partitions
        // Below 0: the group has committed nothing of this partition yet.
        .filter(({ offset }) => !offset.startsWith("-"))
        .map(({ partition, offset }): [Labels, bigint] => [
          { redpanda_group: group, redpanda_topic: topic, redpanda_partition: partition },
          BigInt(offset),
        ]),
    ),
  );
  return [
    brokersText(brokers.length),
    metricText(
      "redpanda_kafka_partitions",
      "gauge",
      "Partitions of a topic",
      shown.map(({ name, partitions }) => [{ redpanda_topic: name }, partitions.length]),
    ),
    metricText("redpanda_kafka_max_offset", "gauge", "Next offset of a partition", newest),
    metricText(
      "redpanda_kafka_consumer_group_committed_offset",
      "gauge",
      "Offset that a group has committed",
      positions,
    ),
  ].join("");
}

/** What stands for it while the broker does not answer. */
export const KAFKA_DOWN = brokersText(0);

function brokersText(brokers: number): string {
  return metricText("redpanda_cluster_brokers", "gauge", "Brokers that answer", [[{}, brokers]]);
}
