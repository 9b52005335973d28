import { randomUUID } from "node:crypto";
import { unreadableBatchReason } from "@plinth/kit/kafka/compression/unreadable-batch.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { Batch, Kafka, KafkaMessage } from "kafkajs";
import { userTopics } from "./client.ts";
import type { DecodeValue } from "./decode.ts";
import type { ConsumeOptions } from "./options.ts";

/** A record as it is printed. */
export interface DecodedRecord {
  topic: string;
  partition: number;
  offset: string;
  /** ISO 8601. */
  time: string;
  key: string | null;
  headers: Record<string, string>;
  /** Decoded; null for a tombstone; absent when it cannot be decoded. */
  value?: unknown;
  /** Why it cannot be decoded, and its bytes in base64. */
  undecodable?: string;
  bytes?: string;
}

export interface ConsumeRequest {
  kafka: Kafka;
  decode: DecodeValue;
  options: ConsumeOptions;
  show(record: DecodedRecord): void;
  /** Waits for new records until `signal`; otherwise it stops at the present end of the topic. */
  follow: boolean;
  signal: AbortSignal;
}

/**
 * Shows the records of a topic, and leaves no group or offset at the broker.
 *
 * @throws {@link UserError} for a topic that does not exist
 */
export async function consumeRecords({ kafka, decode, options, show, follow, signal }: ConsumeRequest): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `plinth-tools-${randomUUID()}`;
  const { topic, count } = options;
  try {
    const topics = await admin.listTopics();
    if (!topics.includes(topic))
      throw new UserError(`There is no topic '${topic}'; there are ${userTopics(topics).join(", ")}`);
    const spans = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
      partition,
      first: startOffset(options.from, BigInt(low), BigInt(high)),
      end: BigInt(high),
    }));
    const open = new Set(spans.filter(({ first, end }) => first < end).map(({ partition }) => partition));
    const ended = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    if (signal.aborted || (!follow && open.size === 0)) return;
    let shown = 0;
    const take = async (message: KafkaMessage, { partition }: Batch) => {
      const record = await decodeRecord({ topic, partition }, message, decode);
      if (!matchesOptions(record, options) || (count !== undefined && shown >= count)) return;
      shown++;
      show(record);
      if (shown === count) ended.resolve();
    };
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic] });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch, isRunning }) => {
          for (const message of batch.messages) {
            if (!isRunning() || signal.aborted) return;
            await take(message, batch);
          }
          const span = spans.find(({ partition }) => partition === batch.partition);
          if (span && BigInt(batch.lastOffset()) >= span.end - 1n) open.delete(batch.partition);
          if (!follow && open.size === 0) ended.resolve();
        },
      });
      for (const { partition, first } of spans) consumer.seek({ topic, partition, offset: String(first) });
      await ended.promise;
    } finally {
      await consumer.disconnect();
      // The group may have been too short-lived to exist.
      await admin.deleteGroups([groupId]).catch(() => undefined);
    }
  } finally {
    await admin.disconnect();
  }
}

function startOffset(from: ConsumeOptions["from"], low: bigint, high: bigint): bigint {
  if (from === "beginning") return low;
  if (from === "latest") return high;
  const first = high - BigInt(from);
  return first > low ? first : low;
}

async function decodeRecord(
  source: { topic: string; partition: number },
  message: KafkaMessage,
  decode: DecodeValue,
): Promise<DecodedRecord> {
  const { offset, timestamp, key, headers = {}, value } = message;
  const record: DecodedRecord = {
    ...source,
    offset,
    time: new Date(Number(timestamp)).toISOString(),
    key: key === null ? null : String(key),
    headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, String(header)])),
  };
  const unreadable = unreadableBatchReason(headers);
  if (unreadable !== undefined) return { ...record, undecodable: unreadable, bytes: "" };
  try {
    return { ...record, value: await decode(value) };
  } catch (error) {
    return { ...record, undecodable: (error as Error).message, bytes: value?.toString("base64") ?? "" };
  }
}

function matchesOptions({ key, headers, value }: DecodedRecord, options: ConsumeOptions): boolean {
  const tenant = headers.tenant_id ?? (value as { tenant_id?: unknown } | null | undefined)?.tenant_id;
  return (
    (options.key === undefined || key === options.key) &&
    (options.tenant === undefined || String(tenant) === options.tenant)
  );
}
