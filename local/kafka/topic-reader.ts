import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin, Consumer, Kafka, KafkaMessage } from "kafkajs";
import { type OffsetRange, ReadingProgress } from "./reading-progress.ts";
import { deleteGroup } from "./temporary-group.ts";

export interface TopicReading {
  kafka: Kafka;
  /** Connected. */
  admin: Admin;
  topic: string;
  ranges: readonly OffsetRange[];
  /** Begins the name of the group that exists while this reads. */
  groupPrefix: string;
  /** Longest time without an answer of the broker. */
  patienceMs: number;
  /** Takes records of one partition, in order and once each. */
  take(partition: number, messages: KafkaMessage[]): Promise<void>;
  signal?: AbortSignal;
}

/** The broker gave no answer for the reading's patience. */
export class StalledReadingError extends Error {}

const RETRY_MS = 250;
const MAX_WAIT_MS = 100;

/**
 * Reads ranges of a topic, and leaves no group or offset at the broker. A range may end in what is
 * never delivered: records of an aborted or an open transaction, or what compaction removed. After
 * a failure that passes it goes on where it was.
 *
 * @throws {@link StalledReadingError}
 */
export async function readTopic(reading: TopicReading): Promise<void> {
  const { admin, topic, patienceMs, signal } = reading;
  const progress = new ReadingProgress(reading.ranges, MAX_WAIT_MS);
  while (!progress.isDone && !signal?.aborted) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      progress.setLeaders(new Map(topics[0]?.partitions.map(({ partitionId, leader }) => [partitionId, leader])));
      return await readOnce(reading, progress);
    } catch (error) {
      if (!passes(error) || progress.silentMs + RETRY_MS > patienceMs) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** The first group of a new broker waits for its coordinator, and a broker may restart. */
function passes(error: unknown): boolean {
  const { name, retriable } = error as { name?: string; retriable?: boolean };
  return retriable === true || name === "KafkaJSNumberOfRetriesExceeded" || name === "KafkaJSConnectionError";
}

async function readOnce(reading: TopicReading, progress: ReadingProgress): Promise<void> {
  const { kafka, admin, topic, signal, patienceMs } = reading;
  const groupId = `${reading.groupPrefix}${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: MAX_WAIT_MS,
    // Records in front of the range are not fetched, but those behind it are.
    maxBytesPerPartition: 1 << 20,
    maxBytes: 4 << 20,
    retry: { retries: 0, restartOnFailure: async () => false },
  });
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined);
  const end = () => done.resolve();
  signal?.addEventListener("abort", end, { once: true });
  const stalled = setInterval(() => {
    if (progress.silentMs > patienceMs)
      done.reject(new StalledReadingError(`The broker did not deliver the records of ${topic} in time`));
  }, RETRY_MS);
  observe(consumer, topic, progress, done);
  try {
    await Promise.race([start(consumer, reading, progress, done), done.promise]);
    await done.promise;
  } finally {
    clearInterval(stalled);
    signal?.removeEventListener("abort", end);
    await consumer.disconnect().catch(() => undefined);
    await deleteGroup(admin, groupId);
  }
}

async function start(
  consumer: Consumer,
  { topic, take, signal }: TopicReading,
  progress: ReadingProgress,
  done: PromiseWithResolvers<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const wanted = batch.messages.filter(({ offset }) => progress.isWanted(batch.partition, BigInt(offset)));
      if (wanted.length === 0 || signal?.aborted) return;
      try {
        await take(batch.partition, wanted);
        // At once, so that a crash of the client does not deliver them again.
        progress.noteBatch(batch.partition, BigInt(batch.lastOffset()));
      } catch (error) {
        done.reject(error);
      }
    },
  });
}

/** Only the client's events tell of batches that hold nothing to deliver. */
function observe(consumer: Consumer, topic: string, progress: ReadingProgress, done: PromiseWithResolvers<void>): void {
  const { GROUP_JOIN, FETCH, END_BATCH_PROCESS, CRASH } = consumer.events;
  const settle = () => {
    if (progress.isDone) done.resolve();
  };
  // Before the first fetch, and again after a rebalance, which forgets positions.
  consumer.on(GROUP_JOIN, () => {
    progress.restartIdleCount();
    for (const { partition, next } of progress.partitions()) {
      if (next === undefined) consumer.pause([{ topic, partitions: [partition] }]);
      else consumer.seek({ topic, partition, offset: String(next) });
    }
  });
  // The number of the broker is a text here.
  consumer.on(FETCH, ({ payload }) => {
    progress.noteFetch(Number(payload.nodeId));
    settle();
  });
  consumer.on(END_BATCH_PROCESS, ({ payload }) => {
    progress.noteBatch(payload.partition, BigInt(payload.lastOffset));
    settle();
  });
  consumer.on(CRASH, ({ payload }) => done.reject(payload.error));
}
