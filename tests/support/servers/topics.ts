import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import type { Admin, ITopicConfig } from "kafkajs";
import { waitUntil } from "../eventually.ts";

/**
 * Creates topics, and waits until every partition has a leader. kafkajs' `waitForLeaders` fails if
 * a broker has not heard of the topic yet, as on a busy machine.
 */
export async function makeTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  silenceNegativeTimeoutWarnings();
  await admin.createTopics({ topics, waitForLeaders: false });
  await waitUntil(`the topics ${topics.map(({ topic }) => topic).join(", ")} have leaders`, async () => {
    const existing = new Map(
      (await admin.fetchTopicMetadata()).topics.map(({ name, partitions }) => [name, partitions]),
    );
    return topics.every(({ topic, numPartitions = 1 }) => {
      const partitions = existing.get(topic) ?? [];
      return partitions.length >= numPartitions && partitions.every(({ leader }) => leader >= 0);
    });
  });
}
