import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kafka, KafkaMessage } from "kafkajs";
import { PageError } from "../../model/page-error.ts";

/** Offsets of one partition, `end` not included. */
export interface OffsetRange {
  partition: number;
  first: bigint;
  end: bigint;
}

export type FetchedRecord = KafkaMessage & { partition: number };

const TIMEOUT_MS = 8000;
const RETRY_MS = 250;

/**
 * Reads ranges of a topic, and leaves no group or offset at the broker.
 *
 * @throws {@link PageError} 504 if the broker does not deliver them in time
 */
export async function readRecords(
  kafka: Kafka,
  topic: string,
  ranges: readonly OffsetRange[],
): Promise<FetchedRecord[]> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    try {
      return await readOnce(kafka, topic, ranges, deadline - Date.now());
    } catch (error) {
      if (!passes(error) || Date.now() + RETRY_MS > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** The first group of a new broker waits for its coordinator. */
function passes(error: unknown): boolean {
  const { name, retriable } = error as { name?: string; retriable?: boolean };
  return retriable === true || name === "KafkaJSNumberOfRetriesExceeded";
}

async function readOnce(
  kafka: Kafka,
  topic: string,
  ranges: readonly OffsetRange[],
  timeoutMs: number,
): Promise<FetchedRecord[]> {
  const open = new Map(ranges.filter(({ first, end }) => first < end).map((range) => [range.partition, range]));
  if (open.size === 0) return [];
  const groupId = `plinth-page-${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 50,
    // Records in front of the range are not fetched, but those behind it are.
    maxBytesPerPartition: 1 << 20,
    maxBytes: 4 << 20,
    retry: { retries: 0 },
  });
  const found: FetchedRecord[] = [];
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(
    () =>
      done.reject(
        new PageError(504, `The broker did not deliver the records of ${topic} within ${TIMEOUT_MS / 1000} s`),
      ),
    timeoutMs,
  );
  done.promise.catch(() => undefined);
  consumer.on("consumer.crash", ({ payload }) => done.reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const range = open.get(batch.partition);
        if (range === undefined) return;
        for (const message of batch.messages) {
          const offset = BigInt(message.offset);
          if (offset >= range.first && offset < range.end) found.push({ ...message, partition: batch.partition });
        }
        // Compaction and transactions leave gaps, so the last offset of a range may not exist.
        if (BigInt(batch.lastOffset()) >= range.end - 1n) open.delete(batch.partition);
        if (open.size === 0) done.resolve();
      },
    });
    try {
      for (const { partition, first, end } of ranges) {
        if (first < end) consumer.seek({ topic, partition, offset: String(first) });
        else consumer.pause([{ topic, partitions: [partition] }]);
      }
    } catch {
      // The consumer has crashed already, and its crash says why.
    }
    await done.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect().catch(() => undefined);
    void deleteGroup(kafka, groupId);
  }
  return found;
}

async function deleteGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // It was too short-lived to exist, or expires by itself.
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
