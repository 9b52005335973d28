import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin, Kafka, KafkaMessage } from "kafkajs";
import { PageError } from "../../model/page-error.ts";

/** Offsets of one partition, `end` not included. */
export interface OffsetRange {
  partition: number;
  first: bigint;
  end: bigint;
}

export interface BrokerClients {
  kafka: Kafka;
  /** Connected. */
  admin: Admin;
}

export type FetchedRecord = KafkaMessage & { partition: number };

const TIMEOUT_MS = 8000;
const RETRY_MS = 250;
const DELETION_RETRIES = 4;
/** The protocol's number of GROUP_ID_NOT_FOUND: the reader failed before it joined. */
const NO_SUCH_GROUP = 69;

/**
 * Reads ranges of a topic, and leaves no group or offset at the broker.
 *
 * @throws {@link PageError} 504 if the broker does not deliver them in time
 */
export async function readRecords(
  { kafka, admin }: BrokerClients,
  topic: string,
  ranges: readonly OffsetRange[],
): Promise<FetchedRecord[]> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    try {
      return await readOnce({ kafka, admin }, topic, ranges, deadline - Date.now());
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
  { kafka, admin }: BrokerClients,
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
    await deleteGroup(admin, groupId);
  }
  return found;
}

/** A member that has just left may still be counted. A group that is kept expires by itself. */
async function deleteGroup(admin: Admin, groupId: string): Promise<void> {
  for (let attempt = 0; attempt <= DELETION_RETRIES; attempt++) {
    if (attempt > 0) await sleep(RETRY_MS);
    const answer = await admin.deleteGroups([groupId]).catch((error: { groups?: { errorCode?: number }[] }) => error);
    const code = "groups" in answer ? answer.groups?.[0]?.errorCode : undefined;
    if (code === undefined || code === NO_SUCH_GROUP) return;
  }
}
