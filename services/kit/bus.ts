import { type Admin, Kafka, logLevel, Partitioners, type Producer } from "kafkajs";
import type { Logger } from "./logger.ts";

/** A record ready to be written. Its key decides the partition, and so what stays in order. */
export interface OutgoingRecord {
  topic: string;
  key: string | Buffer | null;
  value: Buffer | null;
  headers: Record<string, string | Buffer>;
}

/** The broker connection of one service. */
export interface Bus {
  /** Writes all records, one request for all topics of a broker, and returns once every in-sync replica has them. */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** For consumers, which hold connections of their own. */
  client: Kafka;
  check(): Promise<void>;
  close(): Promise<void>;
}

const ALL_REPLICAS = -1;
const LEVELS: Record<number, "error" | "warn" | "info" | "debug"> = {
  [logLevel.ERROR]: "error",
  [logLevel.WARN]: "warn",
  [logLevel.INFO]: "info",
  [logLevel.DEBUG]: "debug",
};

/** @param name client id, shown in the broker's logs and quotas */
export function createBus(name: string, brokers: readonly string[], logger: Logger): Bus {
  withoutNegativeTimeoutWarning();
  const client = new Kafka({
    clientId: name,
    brokers: [...brokers],
    connectionTimeout: 1500,
    requestTimeout: 5000,
    // A killed broker is back in a second or two: many short waits find it sooner than few long ones.
    retry: { initialRetryTime: 100, maxRetryTime: 800, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, level, log }) =>
        logger[LEVELS[level] ?? "debug"]({ component: `kafka.${namespace.toLowerCase()}`, detail: log.error ?? log.broker }, log.message),
  });
  const producer = connection(() => client.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner }));
  const admin = connection(() => client.admin({ retry: { retries: 0 } }));
  return {
    client,
    async publish(records) {
      const messages = Map.groupBy(records, ({ topic }) => topic);
      const topicMessages = [...messages].map(([topic, group]) => ({
        topic,
        messages: group.map(({ key, value, headers }) => ({ key, value, headers })),
      }));
      await (await producer.get()).sendBatch({ acks: ALL_REPLICAS, topicMessages });
    },
    check: async () => void (await (await admin.get()).describeCluster()),
    async close() {
      await Promise.all([producer.close(), admin.close()]);
    },
  };
}

interface Connection<T> {
  get(): Promise<T>;
  close(): Promise<void>;
}

/** Connects when first needed, and again after an attempt that failed: a service starts while its broker is away. */
function connection<T extends Producer | Admin>(create: () => T): Connection<T> {
  let connected: Promise<T> | undefined;
  return {
    get() {
      if (!connected) {
        const made = create();
        const attempt = made.connect().then(
          () => made,
          async (error: unknown) => {
            connected = undefined;
            await made.disconnect();
            throw error;
          },
        );
        connected = attempt;
      }
      return connected;
    },
    async close() {
      const open = connected;
      connected = undefined;
      // One that never connected has nothing to close.
      const [outcome] = await Promise.allSettled([open]);
      if (outcome.status === "fulfilled") await outcome.value?.disconnect();
    },
  };
}

let filtered = false;

/** kafkajs 2.2.4 asks for timers in the past, which Node 24 remarks on each time. Harmless: they fire at once. */
function withoutNegativeTimeoutWarning(): void {
  if (filtered) return;
  filtered = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== "TimeoutNegativeWarning") emit(...args);
  };
}
