import { setTimeout as sleep } from "node:timers/promises";

/** What the benchmark asks of each client, in a process of its own. */
interface BenchmarkClient {
  connect(): Promise<void>;
  /** Written to all in-sync replicas when it resolves. */
  send(records: readonly OutgoingRecord[]): Promise<unknown>;
  /** Reads `count` records of the topic in a group, from its beginning. */
  consume(count: number): Promise<void>;
  close(): Promise<unknown>;
}

interface OutgoingRecord {
  key: Buffer;
  value: Buffer;
  headers: Record<string, string>;
}

export interface ClientFigures {
  records: number;
  ms: number;
  /** Of this process: user and system, of all its threads. */
  cpuMs: number;
  loadMs: number;
  residentMiB: number;
}

export type Scenario = "batches" | "singles" | "consume" | "rest";

const VALUE_BYTES = 200;
const BATCH = 100;
const BATCH_CONCURRENCY = 4;
const SINGLE_CONCURRENCY = 64;
const IDLE_MS = 1500;

const clientFactories: Record<string, (broker: string, topic: string) => Promise<BenchmarkClient>> = {
  async kafkajs(broker, topic) {
    const { Kafka, logLevel, Partitioners } = await import("kafkajs");
    const kafka = new Kafka({ clientId: "bench", brokers: [broker], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    return {
      connect: () => producer.connect(),
      send: (messages) => producer.send({ topic, acks: -1, messages: [...messages] }),
      async consume(count) {
        const consumer = kafka.consumer({ groupId: `bench-${process.pid}` });
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        let seen = 0;
        await new Promise<void>((resolve) => {
          void consumer.run({
            eachBatchAutoResolve: true,
            eachBatch: async ({ batch }) => {
              seen += batch.messages.length;
              if (seen >= count) resolve();
            },
          });
        });
        await consumer.disconnect();
      },
      close: () => producer.disconnect(),
    };
  },
  async platformatic(broker, topic) {
    const { Consumer, Producer } = await import("@platformatic/kafka");
    const base = { clientId: "bench", bootstrapBrokers: [broker] };
    const producer = new Producer<Buffer, Buffer, string, string>({ ...base, acks: -1, serializers: serializers });
    return {
      connect: async () => void (await producer.metadata({ topics: [topic] })),
      send: (messages) => producer.send({ messages: messages.map((message) => ({ topic, ...message })) }),
      async consume(count) {
        const consumer = new Consumer({ ...base, groupId: `bench-${process.pid}`, autocommit: 5000, maxWaitTime: 500 });
        const stream = await consumer.consume({ topics: [topic], mode: "committed", fallbackMode: "earliest" });
        let seen = 0;
        for await (const _ of stream) if (++seen >= count) break;
        await consumer.close(true);
      },
      close: () => producer.close(),
    };
  },
  /** The bus and the consumer of the kit, with all that they do around kafkajs. */
  async kit(broker, topic) {
    const [{ createBus }, { createConsumer }, { createLogger }, { createMetrics }] = await Promise.all([
      import("@plinth/kit/kafka/bus.ts"),
      import("@plinth/kit/kafka/consumer.ts"),
      import("@plinth/kit/core/logger.ts"),
      import("@plinth/kit/telemetry/metrics.ts"),
    ]);
    const logger = createLogger({ service: "bench", version: "", level: "error" });
    const metrics = createMetrics("bench", "");
    const bus = createBus("bench", [broker], logger, { metrics });
    return {
      connect: bus.check,
      send: (messages) => bus.publish(messages.map((message) => ({ topic, ...message }))),
      async consume(count) {
        let seen = 0;
        const done = Promise.withResolvers<void>();
        const consumer = createConsumer({
          ...{ bus, logger, metrics, topic, group: `bench-${process.pid}`, deadLetterTopic: "none" },
          decode: async () => ({ id: "", tenant_id: 10_001, aggregate_id: "" }),
          async applyBatch(received) {
            seen += received.length;
            if (seen >= count) done.resolve();
            return received.length;
          },
        });
        consumer.start();
        await done.promise;
        await consumer.stop();
      },
      close: bus.close,
    };
  },
  /** Not a dependency: `npm install --no-save kafka-crab-js@5.0.0` puts it into the comparison. */
  async crab(broker, topic) {
    const { KafkaClient } = await import("kafka-crab-js" as string);
    const kafka = new KafkaClient({
      brokers: broker,
      clientId: "bench",
      logLevel: "error",
      configuration: { "auto.offset.reset": "earliest" },
    });
    const producer = kafka.createProducer({ configuration: { acks: "all" } });
    return {
      connect: () => producer.send({ topic, messages: [] }).catch(() => undefined),
      send: (messages) =>
        producer.send({
          topic,
          messages: messages.map(({ key, value, headers }) => ({
            key,
            payload: value,
            headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
          })),
        }),
      async consume(count) {
        const consumer = kafka.createConsumer({
          groupId: `bench-${process.pid}`,
          configuration: { "auto.offset.reset": "earliest" },
        });
        await consumer.subscribe(topic);
        for (let seen = 0; seen < count; ) seen += (await consumer.recvBatch(1000, 500)).length;
        await consumer.disconnect();
      },
      close: () => producer.flush(),
    };
  },
};

const serializers = {
  key: (data?: Buffer) => data,
  value: (data?: Buffer) => data,
  headerKey: (data?: string) => Buffer.from(data!),
  headerValue: (data?: string) => Buffer.from(data!),
};

/** @param name of {@link clientFactories} */
async function measureClient(
  name: string,
  work: Scenario,
  broker: string,
  topic: string,
  records: number,
): Promise<ClientFigures> {
  const begun = performance.now();
  const client = await clientFactories[name]!(broker, topic);
  const loadMs = performance.now() - begun;
  if (work !== "consume") await client.connect();
  if (work === "batches" || work === "singles") await produce(client, work, records / 10);
  if (work === "rest") {
    await client.send(createBatch(0, 1));
    await sleep(IDLE_MS);
  }
  const cpu = process.cpuUsage();
  const start = performance.now();
  if (work === "consume") await client.consume(records);
  else if (work !== "rest") await produce(client, work, records);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const figures = {
    records,
    ms,
    cpuMs: (user + system) / 1000,
    loadMs,
    residentMiB: process.memoryUsage.rss() / 2 ** 20,
  };
  await client.close();
  return figures;
}

async function produce(client: BenchmarkClient, work: "batches" | "singles", records: number): Promise<void> {
  const [size, atOnce] = work === "batches" ? [BATCH, BATCH_CONCURRENCY] : [1, SINGLE_CONCURRENCY];
  let sent = 0;
  const worker = async () => {
    while (sent < records) {
      sent += size;
      await client.send(createBatch(sent, size));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function createBatch(from: number, size: number): OutgoingRecord[] {
  return Array.from({ length: size }, (_, index) => ({
    key: Buffer.from(`account-${(from + index) % 1000}`),
    value: Buffer.alloc(VALUE_BYTES, 65 + (index % 26)),
    headers: { tenant_id: "10001", version: "1" },
  }));
}

if (import.meta.main) {
  const [name, work, broker, topic, records] = process.argv.slice(2) as [string, Scenario, string, string, string];
  console.log(JSON.stringify(await measureClient(name, work, broker, topic, Number(records))));
  process.exit(0);
}
