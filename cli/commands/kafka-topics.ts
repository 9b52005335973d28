import { createAdmin } from "@plinth/local/kafka/admin.ts";
import { createKafkaClient, userTopics } from "../kafka-records/client.ts";
import { withStackServers } from "../servers/access.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/** `make kafka-topics`: lists each topic, its records, and the lag of each group that reads it. */
await main((stack) =>
  withStackServers(stack, async (servers) => {
    const admin = createAdmin(createKafkaClient(servers));
    await admin.connect();
    try {
      const { groups } = await admin.listGroups();
      const committed = await Promise.all(
        groups.map(async ({ groupId }) => ({
          groupId,
          topics: await admin.fetchOffsets({ groupId, resolveOffsets: false }),
        })),
      );
      const rows: string[][] = [];
      for (const topic of userTopics(await admin.listTopics())) {
        const partitions = await admin.fetchTopicOffsets(topic);
        const records = partitions.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
        const lags = committed.flatMap(({ groupId, topics }) => {
          const offsets =
            topics
              .find((candidate) => candidate.topic === topic)
              ?.partitions.filter(({ offset }) => Number(offset) >= 0) ?? [];
          if (offsets.length === 0) return [];
          const ends = new Map(partitions.map(({ partition, high }) => [partition, Number(high)]));
          return [
            `${groupId} ${offsets.reduce((sum, { partition, offset }) => sum + (ends.get(partition) ?? 0) - Number(offset), 0)}`,
          ];
        });
        rows.push([topic, String(partitions.length), String(records), lags.join(", ")]);
      }
      console.log(formatTable(["topic", "partitions", "records", "groups and their lag"], rows));
      return 0;
    } finally {
      await admin.disconnect();
    }
  }),
);
