import {
  type Admin,
  Kafka,
  type KafkaJSProtocolError,
  logLevel,
  type Message,
  type Producer,
  type RecordMetadata,
} from "kafkajs";
import { createBatcher } from "../core/batcher.ts";
import { kitError, ServiceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { currentTrace, formatTraceparent } from "../core/trace-context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { registerCompressionCodecs } from "./compression/codecs.ts";
import { createPartitioner } from "./partitioner.ts";
import { MAX_RECORD_BYTES, type OutgoingRecord } from "./record.ts";

/** The broker connection of one service. */
export interface Bus {
  /**
   * Writes all records and returns once every in-sync replica has them. Records of calls at the
   * same time leave together, one request after the other, so that a key's records stay in the
   * order of the calls. Rejecting does not say that none was written: an answer can be lost.
   *
   * @throws `unavailable` while the broker is away, and at once when too many records wait for it
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** For consumers, which hold connections of their own. */
  client: Kafka;
  /** A connection for questions to the broker, the same for all who ask. */
  admin(): Promise<Admin>;
  check(): Promise<void>;
  /** Publishes what waits, and disconnects. */
  close(): Promise<void>;
}

export interface BusSettings {
  metrics?: Metrics;
  tracing?: Tracing;
  /**
   * Milliseconds that a record waits for others to share its request. @default 0: only for those of
   * the same moment and while a request is under way
   */
  lingerMs?: number;
  /** Records that may wait while the broker is slow or away. @default 20000 */
  maxQueuedRecords?: number;
}

const ACKS_ALL = -1;
/** Records of one request, from any number of calls. */
const MAX_BATCH_RECORDS = 2000;
/** Around key and value of a record: its frame and a few short headers. */
const RECORD_OVERHEAD_BYTES = 200;
const LOG_LEVELS: Record<number, "error" | "warn" | "info" | "debug"> = {
  [logLevel.ERROR]: "error",
  [logLevel.WARN]: "warn",
  [logLevel.INFO]: "info",
  [logLevel.DEBUG]: "debug",
};

/** @param name client id, shown in the broker's logs and quotas */
export function createBus(name: string, brokers: readonly string[], logger: Logger, settings: BusSettings = {}): Bus {
  suppressNegativeTimeoutWarning();
  registerCompressionCodecs();
  const { metrics, tracing = noopTracing } = settings;
  const published = metrics?.counter("bus_published_total", "Records that all in-sync replicas have", ["topic"]);
  const failures = metrics?.counter("bus_publish_failures_total", "Requests to write records that failed");
  const durations = metrics?.histogram(
    "bus_publish_seconds",
    "From handing records in until all in-sync replicas have them",
  );
  const client = new Kafka({
    clientId: name,
    brokers: [...brokers],
    connectionTimeout: 1500,
    requestTimeout: 5000,
    // A killed broker is back in a second or two: many short waits find it sooner than few long
    // ones.
    retry: { initialRetryTime: 100, maxRetryTime: 800, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, level, log }) =>
        logger[LOG_LEVELS[level] ?? "debug"](
          { component: `kafka.${namespace.toLowerCase()}`, detail: log.error ?? log.broker },
          log.message,
        ),
  });
  const producer = connectLazily(() =>
    client.producer({ allowAutoTopicCreation: false, createPartitioner: createPartitioner }),
  );
  const admin = connectLazily(() => client.admin({ retry: { retries: 0 } }));

  async function send(records: readonly OutgoingRecord[]): Promise<void> {
    for (const piece of splitBySize(records)) await request(piece);
  }

  async function request(records: readonly OutgoingRecord[]): Promise<void> {
    const topicMessages = [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, own]) => ({
      topic,
      messages: own.map(toKafkaMessage),
    }));
    try {
      for (let left = topicMessages; left.length > 0; ) {
        const confirmed = await (await producer.get()).sendBatch({ acks: ACKS_ALL, topicMessages: left });
        left = findUnacknowledged(left, confirmed);
      }
    } catch (error) {
      failures?.inc();
      throw isBrokerUnreachable(error)
        ? kitError("unavailable", "The broker cannot be reached; try again.", { cause: error })
        : error;
    }
    for (const { topic, messages } of topicMessages) published?.labels(topic).inc(messages.length);
  }

  const batching = createBatcher<OutgoingRecord>({
    send,
    maxBatchItems: MAX_BATCH_RECORDS,
    lingerMs: settings.lingerMs ?? 0,
    maxQueuedItems: settings.maxQueuedRecords ?? 20_000,
    overflowError: () => kitError("unavailable", "Too many records wait for the broker; try again."),
    isSharedFailure: (error) => error instanceof ServiceError,
  });

  return {
    client,
    admin: admin.get,
    async publish(records) {
      const begun = performance.now();
      const parent = currentTrace();
      if (parent?.sampled !== true) await batching.add(records);
      else {
        const span = tracing.startSpan("publish", "producer", parent, { records: records.length });
        const traceparent = formatTraceparent(span.context);
        try {
          await batching.add(records.map((record) => ({ ...record, headers: { traceparent, ...record.headers } })));
          span.end();
        } catch (error) {
          span.end({ error });
          throw error;
        }
      }
      durations?.observe((performance.now() - begun) / 1000);
    },
    check: async () => void (await (await admin.get()).describeCluster()),
    async close() {
      await batching.close();
      await Promise.all([producer.close(), admin.close()]);
    },
  };
}

/**
 * Parts records, in order, as a broker can take them. One that alone is too large is a piece of its
 * own, for the broker to refuse.
 */
function splitBySize(records: readonly OutgoingRecord[]): OutgoingRecord[][] {
  const parts: OutgoingRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const size = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (size > room) {
      parts.push([]);
      room = MAX_RECORD_BYTES;
    }
    parts.at(-1)?.push(record);
    room -= size;
  }
  return parts;
}

interface TopicMessages {
  topic: string;
  messages: Message[];
}

/** An object of its own: {@link createPartitioner} notes there which partition it chose. */
function toKafkaMessage({ key, value, headers }: OutgoingRecord): Message {
  return { key, value, headers };
}

/**
 * What has to be sent once more. kafkajs 2.2.4 counts by broker who has answered, not by partition:
 * when one of two brokers answers that it leads a partition no longer, and the other one, which has
 * answered already, does now, then the partition's records are sent to neither, and the call
 * succeeds all the same.
 */
function findUnacknowledged(sent: readonly TopicMessages[], confirmed: readonly RecordMetadata[]): TopicMessages[] {
  const left = sent.flatMap(({ topic, messages }) => {
    const partitions = new Set(
      confirmed.filter(({ topicName }) => topicName === topic).map(({ partition }) => partition),
    );
    const rest = messages.filter(({ partition }) => !partitions.has(partition as number));
    return rest.length > 0 ? [{ topic, messages: rest }] : [];
  });
  // Otherwise it would be sent for ever.
  if (confirmed.length === 0 && left.length > 0)
    throw kitError("unavailable", "The broker has confirmed no record; try again.");
  return left;
}

/**
 * Of the broker or the way to it, and so of no record. What the client gave up after many attempts
 * is that too, but not a topic that is none.
 */
function isBrokerUnreachable(error: unknown): boolean {
  const { retriable, type, cause } = error as Partial<KafkaJSProtocolError>;
  if (type === "UNKNOWN_TOPIC_OR_PARTITION") return false;
  // Attempts within attempts are wrapped once for each: the innermost error says what it was.
  return retriable === true || (cause !== undefined && cause !== error && isBrokerUnreachable(cause));
}

/** Of a record, by itself, and so for good. */
export function isRecordTooLarge(error: unknown): boolean {
  return (error as Partial<KafkaJSProtocolError>).type === "MESSAGE_TOO_LARGE";
}

interface LazyConnection<T> {
  get(): Promise<T>;
  close(): Promise<void>;
}

/**
 * Connects when first needed, and again after an attempt that failed: a service starts while its
 * broker is away.
 */
function connectLazily<T extends Producer | Admin>(create: () => T): LazyConnection<T> {
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

let warningSuppressed = false;

/**
 * kafkajs 2.2.4 asks for timers in the past, which Node 24 remarks on each time. Harmless: they
 * fire at once. What is no service has this in runtime/, of which images of services hold nothing.
 */
function suppressNegativeTimeoutWarning(): void {
  if (warningSuppressed) return;
  warningSuppressed = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== "TimeoutNegativeWarning") emit(...args);
  };
}
