import type { ReceivedRecord } from "./record.ts";
import { type RetryStage, readRetryState } from "./retry-topics.ts";

/** Records of one partition, as they were read together. */
interface PartitionBatch {
  topic: string;
  partition: number;
  records: readonly ReceivedRecord[];
}

/** Until when nothing of a partition, up to this offset, waits any longer. */
interface DelayLimit {
  upTo: bigint;
  /** By the monotonic clock. */
  at: number;
}

/**
 * Milliseconds that a record of a batch has still to wait; none that is due, and none of a topic
 * that is no stage.
 *
 * What its header says is believed no further than its stage goes: whoever writes to that topic
 * could hold up its partition for years, and a timer that is set for longer than 2^31 ms ends at
 * once. So that the same record does not wait anew each time it is read, nor each such record for
 * itself, all that was read with it is due by then.
 */
export function createRetryDelays(
  stages: readonly RetryStage[],
): (batch: PartitionBatch, record: ReceivedRecord) => number {
  const longest = new Map(stages.map(({ topic, delayMs }) => [topic, delayMs]));
  const limits = new Map<string, DelayLimit>();
  return ({ topic, partition, records }, record) => {
    const afterMs = longest.get(topic);
    if (afterMs === undefined) return 0;
    const left = (readRetryState(record)?.dueMs ?? 0) - Date.now();
    // Also of a header that is no number.
    if (!(left > 0)) return 0;
    const now = performance.now();
    const place = `${topic}:${partition}`;
    let limit = limits.get(place);
    if (limit === undefined || BigInt(record.offset) > limit.upTo) {
      limit = { upTo: BigInt((records.at(-1) as ReceivedRecord).offset), at: now + afterMs };
      limits.set(place, limit);
    }
    return Math.max(0, Math.min(left, limit.at - now));
  };
}
