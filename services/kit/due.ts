import type { KafkaMessage } from "kafkajs";
import { type RetryStage, retriedOf } from "./retry.ts";

/** Records of one partition, as they were read together. */
interface Batch {
  topic: string;
  partition: number;
  records: readonly KafkaMessage[];
}

/** Until when nothing of a partition, up to this offset, waits any longer. */
interface Limit {
  upTo: bigint;
  /** By the monotonic clock. */
  at: number;
}

/**
 * Milliseconds that a record of a batch has still to wait; none that is due, and none of a topic that is no stage.
 *
 * What its header says is believed no further than its stage goes: whoever writes to that topic could hold up its partition for years, and a timer
 * that is set for longer than 2^31 ms ends at once. So that the same record does not wait anew each time it is read, nor each such record for
 * itself, all that was read with it is due by then.
 */
export function createWaits(stages: readonly RetryStage[]): (batch: Batch, record: KafkaMessage) => number {
  const longest = new Map(stages.map(({ topic, afterMs }) => [topic, afterMs]));
  const limits = new Map<string, Limit>();
  return ({ topic, partition, records }, record) => {
    const afterMs = longest.get(topic);
    if (afterMs === undefined) return 0;
    const left = (retriedOf(record)?.dueMs ?? 0) - Date.now();
    // Also of a header that is no number.
    if (!(left > 0)) return 0;
    const now = performance.now();
    const place = `${topic}:${partition}`;
    let limit = limits.get(place);
    if (limit === undefined || BigInt(record.offset) > limit.upTo) {
      limit = { upTo: BigInt((records.at(-1) as KafkaMessage).offset), at: now + afterMs };
      limits.set(place, limit);
    }
    return Math.max(0, Math.min(left, limit.at - now));
  };
}
