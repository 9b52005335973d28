import { kafkaOf, ownTopics } from "./kafka-records/client.ts";
import { main } from "./main.ts";
import { withStack } from "./reach.ts";
import { table } from "./table.ts";

/** `make kafka-topics`: each topic, how many records it holds, and how far behind each group that reads it is. */
await main((stack) =>
  withStack(stack, async (reached) => {
    const admin = kafkaOf(reached).admin();
    await admin.connect();
    try {
      const { groups } = await admin.listGroups();
      const committed = await Promise.all(
        groups.map(async ({ groupId }) => ({ groupId, topics: await admin.fetchOffsets({ groupId, resolveOffsets: false }) })),
      );
      const rows: string[][] = [];
      for (const topic of ownTopics(await admin.listTopics())) {
        const partitions = await admin.fetchTopicOffsets(topic);
        const held = partitions.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
        const lags = committed.flatMap(({ groupId, topics }) => {
          const own = topics.find((one) => one.topic === topic)?.partitions.filter(({ offset }) => Number(offset) >= 0) ?? [];
          if (own.length === 0) return [];
          const ends = new Map(partitions.map(({ partition, high }) => [partition, Number(high)]));
          return [`${groupId} ${own.reduce((sum, { partition, offset }) => sum + (ends.get(partition) ?? 0) - Number(offset), 0)}`];
        });
        rows.push([topic, String(partitions.length), String(held), lags.join(", ")]);
      }
      console.log(table(["topic", "partitions", "records", "groups, and records that each has still to read"], rows));
      return 0;
    } finally {
      await admin.disconnect();
    }
  }),
);
