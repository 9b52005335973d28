import {
  Consumer,
  compatibilityPartitioner,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
} from "@platformatic/kafka";
import { type Metrics, observation } from "./metrics.ts";

export interface OutgoingRecord {
  topic: string;
  key: Buffer | undefined;
  value: Buffer | undefined;
  headers: Record<string, string>;
}

/** Writes records, and returns once every in-sync replica has them. */
export class Publisher {
  private readonly producer: Producer;
  private readonly metrics: Metrics;

  constructor(clientId: string, brokers: string[], metrics: Metrics) {
    this.metrics = metrics;
    this.producer = new Producer({
      clientId,
      bootstrapBrokers: brokers,
      acks: ProduceAcks.ALL,
      // As Java's clients place keys, so that every service puts a key on the same partition.
      partitioner: compatibilityPartitioner,
      autocreateTopics: false,
      connectTimeout: 1500,
      requestTimeout: 5000,
      retries: 3,
      retryDelay: 200,
    });
  }

  /** @param exemplar ids of the span under way if that is recorded */
  async publish({ topic, key, value, headers }: OutgoingRecord, exemplar: Record<string, string> = {}): Promise<void> {
    const begun = performance.now();
    const bytes = new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]));
    try {
      await this.producer.send({ messages: [{ topic, headers: bytes, ...(key && { key }), ...(value && { value }) }] });
    } catch (error) {
      this.metrics.publishFailures.inc();
      throw error;
    }
    this.metrics.publishSeconds.observe(observation({}, (performance.now() - begun) / 1000, exemplar));
    this.metrics.published.inc({ topic });
  }

  async check(): Promise<void> {
    await this.producer.metadata({ topics: [], forceUpdate: true, retries: 0 });
  }

  async close(): Promise<void> {
    await this.producer.close();
  }
}

/** A member of the consumer group; it starts where the group left off, or at the topic's beginning. */
export function createConsumer(clientId: string, brokers: string[], groupId: string): Consumer {
  return new Consumer({
    clientId,
    groupId,
    bootstrapBrokers: brokers,
    autocommit: false,
    // After a kill, the group waits this long for its dead member.
    sessionTimeout: 6000,
    rebalanceTimeout: 8000,
    heartbeatInterval: 1500,
    maxWaitTime: 250,
    connectTimeout: 1500,
    retries: 3,
    retryDelay: 200,
  });
}

export const fromWhereTheGroupLeftOff = {
  mode: MessagesStreamModes.COMMITTED,
  fallbackMode: MessagesStreamFallbackModes.EARLIEST,
};
