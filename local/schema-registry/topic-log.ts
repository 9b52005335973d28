import { createRequire } from "node:module";
import type { Logger } from "kafkajs";
import { type LogRecord, noopRecord } from "./records.ts";
import { ensureSchemaTopic } from "./schema-topic.ts";

/**
 * The part of kafkajs's internal broker client that reads and writes a partition without a group.
 */
interface KafkaBroker {
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { partitions: { highWatermark: string; messages: KafkaMessage[] }[] }[] }>;
  listOffsets(request: {
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
  }): Promise<{ responses: { partitions: { offset: string }[] }[] }>;
  produce(request: {
    acks: number;
    timeout: number;
    producerId: bigint;
    producerEpoch: number;
    topicData: {
      topic: string;
      partitions: { partition: number; firstSequence: number; messages: { key: Buffer; value: Buffer | null }[] }[];
    }[];
  }): Promise<{ topics: { partitions: { baseOffset: string }[] }[] }>;
}

interface KafkaMessage {
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  isControlRecord?: boolean;
}

interface KafkaCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(request: { nodeId: string }): Promise<KafkaBroker>;
}

// kafkajs's public consumer needs a group, whose coordinator takes seconds to start on a new broker
// and after a crash. A log with one partition and one reader needs no group. kafkajs exports no
// lower layer, so two internal files of the pinned version are loaded.
const requireInternal = createRequire(import.meta.url);
const ClusterClient = requireInternal("kafkajs/src/cluster") as new (options: object) => KafkaCluster;
const createSocketFactory = requireInternal("kafkajs/src/network/socketFactory") as () => unknown;

const MAX_FETCH_BYTES = 4 << 20;
const REQUEST_TIMEOUT_MS = 5000;
const ISOLATION_READ_COMMITTED = 1;
const EARLIEST = -2;
/**
 * The producer under which every registry writes, far above those that brokers assign. The broker
 * refuses batches of an epoch below the latest that it has seen, so there is one writer at a time.
 */
const FIRST_PRODUCER_ID = 0x504c_494e_5448n;
const EPOCHS = 32_767;

/**
 * A compacted topic with one partition, read from any offset and appended to with acks=all, by one
 * writer at a time. After any failure, call `close`.
 */
export class SchemaLog {
  readonly #brokers: string[];
  readonly #topic: string;
  #cluster: KafkaCluster | undefined;
  #broker: KafkaBroker | undefined;
  #generation = 0;
  #sequence = 0;

  constructor(brokers: string[], topic: string) {
    this.#brokers = brokers;
    this.#topic = topic;
  }

  /**
   * Connects, and creates the topic if it is missing.
   *
   * @param isKnown whether it was read before. @throws LostLogError if it is missing then
   */
  async open(isKnown: boolean): Promise<void> {
    await ensureSchemaTopic(this.#brokers, this.#topic, REQUEST_TIMEOUT_MS, isKnown);
    const options = {
      brokers: this.#brokers,
      clientId: "schema-registry",
      connectionTimeout: 2000,
      requestTimeout: REQUEST_TIMEOUT_MS,
    };
    const cluster = new ClusterClient({
      ...options,
      logger: silentLogger,
      socketFactory: createSocketFactory(),
      enforceRequestTimeout: true,
      metadataMaxAge: 300_000,
      retry: { retries: 2, initialRetryTime: 50 },
      allowAutoTopicCreation: false,
      isolationLevel: ISOLATION_READ_COMMITTED,
    });
    this.#cluster = cluster;
    await cluster.connect();
    await cluster.addTargetTopic(this.#topic);
    const [leader] = Object.keys(cluster.findLeaderForPartitions(this.#topic, [0]));
    if (leader === undefined) throw new Error(`the topic ${this.#topic} has no leader yet`);
    this.#broker = await cluster.findBroker({ nodeId: leader });
  }

  /**
   * Reads every record from `from` to the present end of the log.
   *
   * @returns the offset after the last record, and the first that the log has
   */
  async read(
    from: bigint,
    each: (record: LogRecord, offset: bigint) => void,
  ): Promise<{ start: bigint; next: bigint }> {
    const broker = this.#requireBroker();
    const start = await this.#findStart();
    let next = from < start ? start : from;
    for (;;) {
      const partition = { partition: 0, fetchOffset: next.toString(), maxBytes: MAX_FETCH_BYTES };
      const { responses } = await broker.fetch({
        isolationLevel: ISOLATION_READ_COMMITTED,
        maxWaitTime: 1,
        minBytes: 1,
        maxBytes: MAX_FETCH_BYTES,
        topics: [{ topic: this.#topic, partitions: [partition] }],
      });
      const answer = responses[0]?.partitions[0];
      if (answer === undefined) throw new Error(`the broker answered nothing for ${this.#topic}`);
      const end = BigInt(answer.highWatermark);
      // A broker answers with whole batches, which may begin before the requested offset.
      const fresh = answer.messages.filter((message) => BigInt(message.offset) >= next);
      for (const { key, value, offset, isControlRecord } of fresh) {
        if (key !== null && isControlRecord !== true)
          each({ key: key.toString(), value: value?.toString() ?? null }, BigInt(offset));
      }
      const last = fresh.at(-1);
      // No record at an offset before the end: compaction emptied a batch there.
      next = last === undefined ? (next < end ? next + 1n : next) : BigInt(last.offset) + 1n;
      if (next >= end) return { start, next };
    }
  }

  /** The first offset that the log has. */
  async #findStart(): Promise<bigint> {
    const { responses } = await this.#requireBroker().listOffsets({
      isolationLevel: ISOLATION_READ_COMMITTED,
      topics: [{ topic: this.#topic, partitions: [{ partition: 0, timestamp: EARLIEST }] }],
    });
    const offset = responses[0]?.partitions[0]?.offset;
    if (offset === undefined) throw new Error(`the broker answered nothing for ${this.#topic}`);
    return BigInt(offset);
  }

  /**
   * Makes this the writer with its next append. From then on the broker refuses appends of writers
   * of lower generations.
   */
  async take(generation: number): Promise<void> {
    const isNewProducer = generation > 0 && generation % EPOCHS === 0;
    // The former producer has no epoch left that would follow its last writer's.
    if (isNewProducer) await this.#produce([noopRecord(0)], { ...toProducer(generation - 1), epoch: EPOCHS }, 0);
    this.#generation = generation;
    this.#sequence = 0;
  }

  /**
   * Appends the records as one batch, which the broker stores wholly or not at all.
   *
   * @returns the offset of the first record
   * @throws an error of the broker if there is a later writer
   */
  async append(records: readonly LogRecord[]): Promise<bigint> {
    const offset = await this.#produce(records, toProducer(this.#generation), this.#sequence);
    this.#sequence += records.length;
    return offset;
  }

  async #produce(
    records: readonly LogRecord[],
    producer: { id: bigint; epoch: number },
    firstSequence: number,
  ): Promise<bigint> {
    const messages = records.map(({ key, value }) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }));
    const answer = await this.#requireBroker().produce({
      acks: -1,
      timeout: REQUEST_TIMEOUT_MS,
      producerId: producer.id,
      producerEpoch: producer.epoch,
      topicData: [{ topic: this.#topic, partitions: [{ partition: 0, firstSequence, messages }] }],
    });
    const offset = answer.topics[0]?.partitions[0]?.baseOffset;
    if (offset === undefined) throw new Error(`the broker answered nothing for ${this.#topic}`);
    return BigInt(offset);
  }

  async close(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    this.#broker = undefined;
    await cluster?.disconnect();
  }

  #requireBroker(): KafkaBroker {
    if (this.#broker === undefined) throw new Error("the log is not open");
    return this.#broker;
  }
}

const toProducer = (generation: number) => ({
  id: FIRST_PRODUCER_ID + BigInt(Math.floor(generation / EPOCHS)),
  epoch: generation % EPOCHS,
});

/** kafkajs logs each failed attempt; the registry reports a failure once. */
const noop = () => {};
const silentLogger = {
  namespace: () => silentLogger,
  info: noop,
  error: noop,
  warn: noop,
  debug: noop,
  setLogLevel: noop,
} as unknown as Logger;
