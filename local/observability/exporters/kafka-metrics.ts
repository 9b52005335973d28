import type { Admin } from "kafkajs";
import { type Labels, metricText } from "./exposition.ts";

/** Each is a request to the broker. */
const MAX_TOPICS = 1000;
const MAX_GROUPS = 200;

/** Names and labels are Redpanda's public metrics, so that panels need not know where they run. */
export async function readKafkaMetrics(admin: Admin): Promise<string> {
  const [{ brokers }, { topics }, { groups }] = await Promise.all([
    admin.describeCluster(),
    admin.fetchTopicMetadata(),
    admin.listGroups(),
  ]);
  const shown = topics.filter(({ name }) => !name.startsWith("__"));
  const offsets = await readEach(shown.slice(0, MAX_TOPICS), async ({ name }) => ({
    topic: name,
    partitions: await admin.fetchTopicOffsets(name),
  }));
  const committed = await readEach(groups.slice(0, MAX_GROUPS), async ({ groupId }) => ({
    group: groupId,
    topics: await admin.fetchOffsets({ groupId }),
  }));
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
    metricText("plinth_exporter_unread", "gauge", "Topics and groups whose offsets could not be read", [
      [{ kind: "topic" }, shown.length - offsets.length],
      [{ kind: "group" }, groups.length - committed.length],
    ]),
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

/**
 * A topic may be deleted meanwhile, and a group's coordinator may be starting: neither means that
 * the broker is away.
 */
async function readEach<Item, Read>(items: readonly Item[], read: (item: Item) => Promise<Read>) {
  const outcomes = await Promise.allSettled(items.map(read));
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

/** What stands for it while the broker does not answer. */
export const KAFKA_DOWN = brokersText(0);

function brokersText(brokers: number): string {
  return metricText("redpanda_cluster_brokers", "gauge", "Brokers that answer", [[{}, brokers]]);
}
