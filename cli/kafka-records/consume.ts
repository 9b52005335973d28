import { unreadableBatchReason } from "@plinth/kit/kafka/compression/unreadable-batch.ts";
import { createAdmin } from "@plinth/local/kafka/admin.ts";
import type { OffsetRange } from "@plinth/local/kafka/reading-progress.ts";
import { readTopic, StalledReadingError } from "@plinth/local/kafka/topic-reader.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { formatInstant } from "@plinth/schemas/codec/calendar.ts";
import type { Admin, Kafka, KafkaMessage } from "kafkajs";
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

const PATIENCE_MS = 20_000;

/**
 * Shows the records of a topic, and leaves no group or offset at the broker.
 *
 * @throws {@link UserError} for a topic that does not exist, or a broker that does not answer
 */
export async function consumeRecords({ kafka, decode, options, show, follow, signal }: ConsumeRequest): Promise<void> {
  const admin = createAdmin(kafka);
  await admin.connect();
  const { topic, count } = options;
  const enough = new AbortController();
  let shown = 0;
  const take = async (partition: number, messages: KafkaMessage[]) => {
    for (const message of messages) {
      if (signal.aborted || shown === count) return;
      const record = await decodeRecord({ topic, partition }, message, decode);
      if (!matchesOptions(record, options)) continue;
      shown++;
      show(record);
      if (shown === count) enough.abort();
    }
  };
  try {
    const ranges = await rangesOf(admin, options, follow);
    const either = AbortSignal.any([signal, enough.signal]);
    const reading = { kafka, admin, topic, ranges, take, signal: either };
    await readTopic({ ...reading, groupPrefix: "plinth-tools-", patienceMs: PATIENCE_MS });
  } catch (error) {
    if (!(error instanceof StalledReadingError)) throw error;
    throw new UserError(`${error.message}: 'make status' shows how the broker is`);
  } finally {
    await admin.disconnect();
  }
}

async function rangesOf(admin: Admin, { topic, from }: ConsumeOptions, follow: boolean): Promise<OffsetRange[]> {
  const topics = await admin.listTopics();
  if (!topics.includes(topic))
    throw new UserError(`There is no topic '${topic}'; there are ${userTopics(topics).join(", ")}`);
  return (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
    partition,
    first: startOffset(from, BigInt(low), BigInt(high)),
    end: follow ? undefined : BigInt(high),
  }));
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
    time: formatInstant(BigInt(timestamp), "millis"),
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
