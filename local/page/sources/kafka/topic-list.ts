import type { Admin } from "kafkajs";
import type { TopicSummary } from "../../model/topic.ts";
import { isDeadLetterTopic } from "./dead-letter.ts";
import { isInternalTopic } from "./internal-topic.ts";

interface PartitionOffsets {
  low: bigint;
  high: bigint;
}

const MAX_AGE_MS = 2000;
const MAX_GROUPS = 500;
const CONCURRENCY = 8;

/** Topics with their groups. Several views ask at the same time, so a list is kept for moments. */
export class TopicList {
  private latest: Promise<TopicSummary[]> | undefined;
  private readAt = 0;

  list(admin: Admin): Promise<TopicSummary[]> {
    if (this.latest === undefined || Date.now() - this.readAt > MAX_AGE_MS) {
      this.readAt = Date.now();
      this.latest = readTopics(admin);
      this.latest.catch(() => {
        this.latest = undefined;
      });
    }
    return this.latest;
  }
}

async function readTopics(admin: Admin): Promise<TopicSummary[]> {
  const [names, { groups }] = await Promise.all([admin.listTopics(), admin.listGroups()]);
  const shown = names.filter((name) => !isInternalTopic(name)).sort();
  const offsets = new Map<string, Map<number, PartitionOffsets>>();
  await inParallel(shown, async (topic) => {
    const partitions = await admin.fetchTopicOffsets(topic);
    offsets.set(
      topic,
      new Map(partitions.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }])),
    );
  });
  const lags = new Map<string, { group: string; lag: number }[]>();
  const members = groups.map(({ groupId }) => groupId).filter((group) => !group.startsWith("plinth-"));
  await inParallel(members.slice(0, MAX_GROUPS), async (group) => {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
      const lag = lagOf(offsets.get(topic), partitions);
      if (lag !== undefined) lags.set(topic, [...(lags.get(topic) ?? []), { group, lag }]);
    }
  });
  return shown.map((name) => {
    const partitions = [...(offsets.get(name)?.values() ?? [])];
    return {
      name,
      partitions: partitions.length,
      records: Number(partitions.reduce((sum, { low, high }) => sum + high - low, 0n)),
      deadLetter: isDeadLetterTopic(name),
      groups: (lags.get(name) ?? []).sort((a, b) => (a.group < b.group ? -1 : 1)),
    };
  });
}

/** Records that the group has not committed; undefined if it reads no partition of the topic. */
function lagOf(
  offsets: Map<number, PartitionOffsets> | undefined,
  committed: readonly { partition: number; offset: string }[],
): number | undefined {
  const read = committed.filter(({ offset }) => Number(offset) >= 0);
  if (offsets === undefined || read.length === 0) return undefined;
  return read.reduce((sum, { partition, offset }) => {
    const { low, high } = offsets.get(partition) ?? { low: 0n, high: 0n };
    // What retention removed cannot be read any more.
    const next = BigInt(offset) > low ? BigInt(offset) : low;
    return sum + Number(high > next ? high - next : 0n);
  }, 0);
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const next = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, next));
}
