import { randomUUID } from "node:crypto";
import type { EventEnvelope } from "@plinth/kit/core/event-envelope.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { type Bus, createBus } from "@plinth/kit/kafka/bus.ts";
import { createConsumer, type EventConsumer, type SingleConsumerSettings } from "@plinth/kit/kafka/consumer.ts";
import type { ReceivedEvent } from "@plinth/kit/kafka/received-event.ts";
import { UnreadableRecord } from "@plinth/kit/kafka/record.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { Kafka, logLevel } from "kafkajs";
import { waitUntil } from "../eventually.ts";
import { kafka } from "../servers/servers.ts";
import { makeTopics } from "../servers/topics.ts";

/** An event of these tests, encoded as JSON, which needs no registry. */
export interface NumberedEvent extends EventEnvelope {
  readonly number: number;
  readonly text?: string;
}

export const logger = createLogger({ service: "kit", version: "test", level: "silent" });

/** A new topic with what its consumer needs, on the broker that all tests share. */
export interface TestTopic {
  topic: string;
  deadLetters: string;
  group: string;
  bus: Bus;
  metrics: Metrics;
  publish(events: readonly NumberedEvent[]): Promise<void>;
  settings(): Omit<SingleConsumerSettings<NumberedEvent>, "applyEvent">;
  /** Reads with `handle` until {@link TestTopic.close}. */
  consume(
    handle: (received: ReceivedEvent<NumberedEvent>) => Promise<boolean>,
    more?: Partial<SingleConsumerSettings<NumberedEvent>>,
  ): EventConsumer;
  read(topic: string, count: number): Promise<{ headers: Record<string, string>; event: NumberedEvent | undefined }[]>;
  /** The group's committed offsets, by partition. */
  committed(): Promise<Map<number, number>>;
  metric(name: string, labels: Record<string, string>): Promise<number | undefined>;
  close(): Promise<void>;
}

export async function createTopic({
  partitions = 1,
  more = [],
}: {
  partitions?: number;
  more?: readonly string[];
} = {}): Promise<TestTopic> {
  const { url } = await kafka();
  const topic = `kit-${randomUUID()}`;
  const [deadLetters, group] = [`${topic}_DLQ`, `${topic}-group`];
  const client = new Kafka({ clientId: "tests", brokers: [url], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  const others = [deadLetters, ...more.map((name) => topic + name)].map((name) => ({ topic: name, numPartitions: 1 }));
  await makeTopics(admin, [{ topic, numPartitions: partitions }, ...others]);
  const metrics = createMetrics("kit", "test");
  const bus = createBus("kit-test", [url], logger, { metrics });
  const consumers: EventConsumer[] = [];
  const settings = () => ({ bus, logger, metrics, group, topic, deadLetterTopic: deadLetters, decode });
  return {
    topic,
    deadLetters,
    group,
    bus,
    metrics,
    settings,
    publish: (events) => bus.publish(events.map((event) => record(topic, event))),
    consume(handle, given) {
      const consumer = createConsumer<NumberedEvent>({ ...settings(), ...given, applyEvent: handle });
      consumers.push(consumer);
      consumer.start();
      return consumer;
    },
    async read(from, count) {
      const reader = client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
      const seen: { headers: Record<string, string>; event: NumberedEvent | undefined }[] = [];
      await reader.connect();
      await reader.subscribe({ topics: [from], fromBeginning: true });
      await reader.run({
        eachMessage: async ({ message }) => {
          const headers = Object.fromEntries(
            Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
          );
          seen.push({ headers, event: await decode(message.value).catch(() => undefined) });
        },
      });
      try {
        await waitUntil(
          `${count} records in ${from}`,
          () => seen.length,
          (length) => length >= count,
          20_000,
        );
      } finally {
        await reader.disconnect();
      }
      return seen;
    },
    async committed() {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return new Map(offsets?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    },
    async metric(name, labels) {
      const values = (await metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
      return values.find((value) =>
        Object.entries(labels).every(([label, text]) => String(value.labels[label]) === text),
      )?.value;
    },
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await bus.close();
      await admin.disconnect();
    },
  };
}

export function record(topic: string, event: NumberedEvent) {
  return {
    topic,
    key: event.aggregate_id,
    value: Buffer.from(JSON.stringify(event)),
    headers: { tenant_id: String(event.tenant_id) },
  };
}

/** `count` events of each key, in turns: the first event of every key, then the second. */
export function eventsOf(keys: readonly string[], count: number, from = 0): NumberedEvent[] {
  return Array.from({ length: count }, (_, index) =>
    keys.map((key) => ({ id: `${key}-${from + index}`, tenant_id: 1, aggregate_id: key, number: from + index })),
  ).flat();
}

export async function decode(value: Buffer | null): Promise<NumberedEvent> {
  try {
    return JSON.parse(String(value)) as NumberedEvent;
  } catch {
    throw new UnreadableRecord("the value is not JSON");
  }
}
