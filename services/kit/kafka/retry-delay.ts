import type { ReceivedRecord } from "./record.ts";
import { type RetryStage, readRetryState } from "./retry-topics.ts";

/** Records of one partition that were fetched together. */
interface PartitionBatch {
  topic: string;
  partition: number;
  records: readonly ReceivedRecord[];
}

/** The time at which all records of a partition, up to an offset, are due. */
interface DelayLimit {
  lastOffset: bigint;
  /** By the monotonic clock. */
  dueAt: number;
}

/**
 * Returns a function that gives the milliseconds that a record must still wait: 0 if it is due or
 * its topic is not a retry stage.
 *
 * A record never waits longer than its stage's delay, whatever its header says: a header that names
 * a distant time could block the partition for years, and a timer of more than 2^31 ms fires at
 * once. The limit covers all records that were fetched together, so that the delays of such records
 * do not add up and do not start again when a record is read again.
 */
export function createRetryDelays(
  stages: readonly RetryStage[],
): (batch: PartitionBatch, record: ReceivedRecord) => number {
  const delays = new Map(stages.map(({ topic, delayMs }) => [topic, delayMs]));
  const limits = new Map<string, DelayLimit>();
  return ({ topic, partition, records }, record) => {
    const delayMs = delays.get(topic);
    if (delayMs === undefined) return 0;
    const remainingMs = (readRetryState(record)?.dueMs ?? 0) - Date.now();
    // False for NaN, too.
    if (!(remainingMs > 0)) return 0;
    const now = performance.now();
    const key = `${topic}:${partition}`;
    let limit = limits.get(key);
    if (limit === undefined || BigInt(record.offset) > limit.lastOffset) {
      limit = { lastOffset: BigInt((records.at(-1) as ReceivedRecord).offset), dueAt: now + delayMs };
      limits.set(key, limit);
    }
    return Math.max(0, Math.min(remainingMs, limit.dueAt - now));
  };
}
