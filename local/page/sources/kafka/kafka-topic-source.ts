import { formatInstant } from "@plinth/schemas/codec/calendar.ts";
import type { Admin, Kafka } from "kafkajs";
import { createAdmin } from "../../../kafka/admin.ts";
import { PageError } from "../../model/page-error.ts";
import type { TopicSource } from "../../model/sources.ts";
import type { TopicPartition, TopicRecord, TopicSummary } from "../../model/topic.ts";
import type { SecretMask } from "../secrets.ts";
import { originOf } from "./dead-letter.ts";
import type { RecordDecoder } from "./record-decoder.ts";
import { type BrokerClients, type FetchedRecord, readRecords } from "./record-reader.ts";
import { TopicList } from "./topic-list.ts";

export interface TopicSourceSettings {
  /** Called on first use, and again after the broker was away. */
  connect: () => Promise<Kafka>;
  decoder: RecordDecoder;
  mask: SecretMask;
  /** Whether dead letters may be published again. @default false */
  mayReplay?: boolean;
}

/** Characters; of a longer value only the beginning is shown. */
const MAX_VALUE = 65_536;
const MAX_KEY = 1000;

/** The topics of a broker, through a connection that is kept. */
export class KafkaTopicSource implements TopicSource {
  readonly replay?: NonNullable<TopicSource["replay"]>;
  private readonly settings: TopicSourceSettings;
  private connection: Promise<BrokerClients> | undefined;
  private readonly topics = new TopicList();

  constructor(settings: TopicSourceSettings) {
    this.settings = settings;
    if (settings.mayReplay) this.replay = (topic, partition, offset) => this.replayLetter(topic, partition, offset);
  }

  list(): Promise<TopicSummary[]> {
    return this.withBroker(({ admin }) => this.topics.list(admin));
  }

  partitions(topic: string): Promise<TopicPartition[]> {
    return this.withBroker(async ({ admin }) => {
      const [offsets, leaders] = await Promise.all([
        offsetsOf(admin, topic),
        admin.fetchTopicMetadata({ topics: [topic] }),
      ]);
      const leaderOf = new Map(leaders.topics[0]?.partitions.map(({ partitionId, leader }) => [partitionId, leader]));
      return offsets
        .map(({ partition, low, high }) => ({ partition, low, high, leader: leaderOf.get(partition) ?? -1 }))
        .sort((a, b) => a.partition - b.partition);
    });
  }

  records(topic: string, limit: number, before?: { partition: number; offset: string }): Promise<TopicRecord[]> {
    return this.withBroker(async (clients) => {
      const offsets = await offsetsOf(clients.admin, topic);
      const ranges = offsets
        .filter(({ partition }) => before === undefined || partition === before.partition)
        .map(({ partition, low, high }) => {
          const end = before && BigInt(before.offset) < BigInt(high) ? BigInt(before.offset) : BigInt(high);
          const first = end - BigInt(limit);
          return { partition, first: first > BigInt(low) ? first : BigInt(low), end };
        });
      if (before && ranges.length === 0) throw new PageError(404, `${topic} has no partition ${before.partition}`);
      const found = await readRecords(clients, topic, ranges);
      const newest = found.sort(byTimeAndOffset).slice(0, limit);
      return Promise.all(newest.map((record) => this.toRecord(topic, record)));
    });
  }

  private replayLetter(topic: string, partition: number, offset: string): Promise<{ topic: string }> {
    return this.withBroker(async (clients) => {
      const span = (await offsetsOf(clients.admin, topic)).find((one) => one.partition === partition);
      const first = BigInt(offset);
      const isThere = span !== undefined && first >= BigInt(span.low) && first < BigInt(span.high);
      const [record] = isThere ? await readRecords(clients, topic, [{ partition, first, end: first + 1n }]) : [];
      if (record === undefined) throw new PageError(404, `${topic}[${partition}] has no record at offset ${offset}`);
      const origin = originOf(record.headers ?? {}, { topic, partition, offset });
      const producer = clients.kafka.producer({ allowAutoTopicCreation: false });
      try {
        await producer.connect();
        const { key, value } = record;
        const message = { key, value, partition: origin.partition, headers: origin.headers };
        await producer.send({ topic: origin.topic, acks: -1, messages: [message] });
      } finally {
        await producer.disconnect();
      }
      return { topic: origin.topic };
    });
  }

  private async toRecord(topic: string, { partition, offset, timestamp, key, headers = {}, value }: FetchedRecord) {
    const { mask, decoder } = this.settings;
    const decoded = await decoder.decode(topic, value);
    const shown = Object.entries(headers).map(([name, header]) => [name, mask.text(String(header ?? ""))]);
    return {
      partition,
      offset,
      time: formatInstant(BigInt(timestamp), "millis"),
      key: key === null ? null : mask.text(String(key)).slice(0, MAX_KEY),
      headers: Object.fromEntries(shown) as Record<string, string>,
      ...decoded,
      // In this order: of a secret at the cut, the beginning would be shown.
      value: shorten(mask.text(decoded.value)),
    };
  }

  /** A failed connection is not used again. */
  private async withBroker<T>(work: (connection: BrokerClients) => Promise<T>): Promise<T> {
    try {
      this.connection ??= this.connect();
      return await work(await this.connection);
    } catch (error) {
      if (error instanceof PageError) throw error;
      const failed = this.connection;
      this.connection = undefined;
      void failed?.then(({ admin }) => admin.disconnect()).catch(() => undefined);
      throw new PageError(503, `The broker does not answer: ${(error as Error).message}`);
    }
  }

  private async connect(): Promise<BrokerClients> {
    const kafka = await this.settings.connect();
    const admin = createAdmin(kafka);
    await admin.connect();
    return { kafka, admin };
  }
}

async function offsetsOf(admin: Admin, topic: string) {
  // Asked for its offsets, the client would ask again and again for a topic that does not exist.
  if (!(await admin.listTopics()).includes(topic)) throw new PageError(404, `There is no topic '${topic}'`);
  return admin.fetchTopicOffsets(topic);
}

/** Newest first. */
function byTimeAndOffset(a: FetchedRecord, b: FetchedRecord): number {
  const [first, second] = a.timestamp === b.timestamp ? [a.offset, b.offset] : [a.timestamp, b.timestamp];
  return BigInt(first) < BigInt(second) ? 1 : -1;
}

function shorten(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
