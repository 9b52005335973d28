import type { Admin } from "kafkajs";
import type { Logger } from "../core/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface LagMonitorSettings {
  admin(): Promise<Admin>;
  group: string;
  logger: Logger;
  metrics: Metrics;
  /** @default 5000 */
  intervalMs?: number;
}

/**
 * How many records of each assigned partition are not handled yet: asked of the broker, and so also
 * right while nothing is read.
 */
export interface LagMonitor {
  /** The partitions of each topic that are this member's from now on. */
  setAssignment(partitions: Readonly<Record<string, readonly number[]>>): void;
  /**
   * Every record before `next` is handled; `end` is the offset that the next record of the
   * partition will get, as far as is known.
   */
  setPosition(topic: string, partition: number, next: bigint, end: bigint): void;
  stop(): void;
}

export function createLagMonitor({ admin, group, logger, metrics, intervalMs = 5000 }: LagMonitorSettings): LagMonitor {
  const lag = metrics.gauge("consumer_lag", "Records not yet handled", ["topic", "partition"]);
  let mine: Readonly<Record<string, readonly number[]>> = {};
  const next = new Map<string, bigint>();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const of = mine;
    const broker = await admin();
    const topics = Object.keys(of);
    const unknown = topics.filter((topic) => of[topic]?.some((partition) => !next.has(`${topic}:${partition}`)));
    const committed = unknown.length === 0 ? [] : await broker.fetchOffsets({ groupId: group, topics: unknown });
    const ends = await Promise.all(
      topics.map(async (topic) => ({ topic, partitions: await broker.fetchTopicOffsets(topic) })),
    );
    // A rebalance in between: the next look is about what is assigned then.
    if (of !== mine) return;
    forEachPartition(committed, (topic, { partition, offset }) => {
      const key = `${topic}:${partition}`;
      // Below 0 is a partition of which this group has handled nothing yet.
      if (!next.has(key) && BigInt(offset) >= 0n) next.set(key, BigInt(offset));
    });
    forEachPartition(ends, (topic, { partition, high, low }) => {
      if (of[topic]?.includes(partition))
        set(topic, partition, BigInt(high) - (next.get(`${topic}:${partition}`) ?? BigInt(low)));
    });
  }

  function set(topic: string, partition: number, records: bigint): void {
    lag.labels(topic, String(partition)).set(records > 0n ? Number(records) : 0);
  }

  function again(): void {
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) => logger.debug({ err: error, group }, "lag not known"))
        .finally(() => timer && again());
    }, intervalMs).unref();
  }

  return {
    setAssignment(partitions) {
      for (const [topic, lost] of Object.entries(mine)) {
        for (const partition of lost) if (!partitions[topic]?.includes(partition)) lag.remove(topic, String(partition));
      }
      mine = partitions;
      next.clear();
      if (!timer) again();
    },
    setPosition(topic, partition, offset, end) {
      next.set(`${topic}:${partition}`, offset);
      set(topic, partition, end - offset);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function forEachPartition<P>(
  topics: readonly { topic: string; partitions: readonly P[] }[],
  work: (topic: string, partition: P) => void,
): void {
  for (const { topic, partitions } of topics) for (const partition of partitions) work(topic, partition);
}
