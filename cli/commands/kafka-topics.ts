import { createKafkaClient, userTopics } from "../kafka-records/client.ts";
import { withStackServers } from "../servers/access.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/**
 * `make kafka-topics`: each topic, how many records it holds, and how far behind each group that
 * reads it is.
 */
await main((stack) =>
  withStackServers(stack, async (reached) => {
    const admin = createKafkaClient(reached).admin();
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
        const held = partitions.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
        const lags = committed.flatMap(({ groupId, topics }) => {
          const own =
            topics.find((one) => one.topic === topic)?.partitions.filter(({ offset }) => Number(offset) >= 0) ?? [];
          if (own.length === 0) return [];
          const ends = new Map(partitions.map(({ partition, high }) => [partition, Number(high)]));
          return [
            `${groupId} ${own.reduce((sum, { partition, offset }) => sum + (ends.get(partition) ?? 0) - Number(offset), 0)}`,
          ];
        });
        rows.push([topic, String(partitions.length), String(held), lags.join(", ")]);
      }
      console.log(
        formatTable(["topic", "partitions", "records", "groups, and records that each has still to read"], rows),
      );
      return 0;
    } finally {
      await admin.disconnect();
    }
  }),
);
