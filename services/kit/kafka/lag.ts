import type { Admin } from "kafkajs";
import type { Logger } from "../core/logger.ts";
import { kitMetrics } from "../telemetry/contract.ts";
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
 * Reports how many records of each assigned partition are not handled yet. It asks the broker, so
 * the figure is right while nothing is read, too.
 */
export interface LagMonitor {
  /** Sets this member's partitions of each topic. */
  setAssignment(partitions: Readonly<Record<string, readonly number[]>>): void;
  /** Every record before `next` is handled; `end` is the last known end of the partition. */
  setPosition(topic: string, partition: number, next: bigint, end: bigint): void;
  stop(): void;
}

export function createLagMonitor({ admin, group, logger, metrics, intervalMs = 5000 }: LagMonitorSettings): LagMonitor {
  const lag = metrics.gauge(kitMetrics.consumer_lag);
  let assigned: Readonly<Record<string, readonly number[]>> = {};
  const next = new Map<string, bigint>();
  let timer: NodeJS.Timeout | undefined;

  async function refresh(): Promise<void> {
    const current = assigned;
    const broker = await admin();
    const topics = Object.keys(current);
    const unknown = topics.filter((topic) => current[topic]?.some((partition) => !next.has(`${topic}:${partition}`)));
    const committed = unknown.length === 0 ? [] : await broker.fetchOffsets({ groupId: group, topics: unknown });
    const ends = await Promise.all(
      topics.map(async (topic) => ({ topic, partitions: await broker.fetchTopicOffsets(topic) })),
    );
    // After a rebalance the figures are stale; the next refresh is about the new partitions.
    if (current !== assigned) return;
    forEachPartition(committed, (topic, { partition, offset }) => {
      const key = `${topic}:${partition}`;
      // Below 0: the group has committed nothing of this partition yet.
      if (!next.has(key) && BigInt(offset) >= 0n) next.set(key, BigInt(offset));
    });
    forEachPartition(ends, (topic, { partition, high, low }) => {
      if (current[topic]?.includes(partition))
        set(topic, partition, BigInt(high) - (next.get(`${topic}:${partition}`) ?? BigInt(low)));
    });
  }

  function set(topic: string, partition: number, records: bigint): void {
    lag.labels(topic, String(partition)).set(records > 0n ? Number(records) : 0);
  }

  function schedule(): void {
    timer = setTimeout(() => {
      refresh()
        .catch((error: unknown) => logger.debug({ err: error, group }, "lag not known"))
        .finally(() => timer && schedule());
    }, intervalMs).unref();
  }

  return {
    setAssignment(partitions) {
      for (const [topic, lost] of Object.entries(assigned)) {
        for (const partition of lost) if (!partitions[topic]?.includes(partition)) lag.remove(topic, String(partition));
      }
      assigned = partitions;
      next.clear();
      if (!timer) schedule();
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
  visit: (topic: string, partition: P) => void,
): void {
  for (const { topic, partitions } of topics) for (const partition of partitions) visit(topic, partition);
}
