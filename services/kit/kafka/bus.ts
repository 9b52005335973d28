import { type Admin, Kafka, logLevel, type Message, type RecordMetadata } from "kafkajs";
import { createBatcher } from "../core/batcher.ts";
import { isInstance, readField } from "../core/caught-value.ts";
import { kitError, ServiceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { currentTrace } from "../core/trace-context.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { registerCompressionCodecs } from "./compression/codecs.ts";
import { connectLazily } from "./lazy-connection.ts";
import { createPartitioner } from "./partitioner.ts";
import { publishInTrace } from "./publish-span.ts";
import { MAX_RECORD_BYTES, type OutgoingRecord } from "./record.ts";

/** The broker connection of one service. */
export interface Bus {
  /**
   * Writes all records and resolves once every in-sync replica has them. Concurrent calls share
   * requests, which are sent one after another: a key's records stay in the order of the calls. A
   * rejected call may have written records all the same, because an answer can be lost.
   *
   * @throws `unavailable` while the broker is away, and at once if too many records wait for it
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** For consumers, each of which opens its connections. */
  client: Kafka;
  /** One shared connection for questions to the broker. */
  admin(): Promise<Admin>;
  check(): Promise<void>;
  /** Publishes the waiting records and disconnects. */
  close(): Promise<void>;
}

export interface BusSettings {
  metrics?: Metrics;
  tracing?: Tracing;
  /**
   * Milliseconds that a record waits for others to share its request. @default 0: it waits only
   * while a request is under way
   */
  lingerMs?: number;
  /** Records that may wait while the broker is slow or away. @default 20000 */
  maxQueuedRecords?: number;
}

const ACKS_ALL = -1;
/** Most records of one request, from any number of calls. */
const MAX_BATCH_RECORDS = 2000;
/** A cause may lead back to its error. */
const MAX_CAUSES = 10;
/** A record's frame and a few short headers. */
const RECORD_OVERHEAD_BYTES = 200;
const LOG_LEVELS: Record<number, "error" | "warn" | "info" | "debug"> = {
  [logLevel.ERROR]: "error",
  [logLevel.WARN]: "warn",
  [logLevel.INFO]: "info",
  [logLevel.DEBUG]: "debug",
};

/** @param name client id, which the broker's logs and quotas show */
export function createBus(name: string, brokers: readonly string[], logger: Logger, settings: BusSettings = {}): Bus {
  suppressNegativeTimeoutWarning();
  registerCompressionCodecs();
  const { metrics, tracing = noopTracing } = settings;
  const published = metrics?.counter(kitMetrics.bus_published_total);
  const failures = metrics?.counter(kitMetrics.bus_publish_failures_total);
  const durations = metrics?.histogram(kitMetrics.bus_publish_seconds);
  const client = new Kafka({
    clientId: name,
    brokers: [...brokers],
    connectionTimeout: 1500,
    requestTimeout: 5000,
    // A killed broker is back in a second or two: many short waits find it sooner than a few long
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
  const producer = connectLazily(() => client.producer({ allowAutoTopicCreation: false, createPartitioner }));
  const admin = connectLazily(() => client.admin({ retry: { retries: 0 } }));

  async function send(records: readonly OutgoingRecord[]): Promise<void> {
    for (const part of splitBySize(records)) await sendRequest(part);
  }

  async function sendRequest(records: readonly OutgoingRecord[]): Promise<void> {
    const topicMessages = [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, topicRecords]) => ({
      topic,
      messages: topicRecords.map(toKafkaMessage),
    }));
    try {
      for (let unsent = topicMessages; unsent.length > 0; ) {
        const confirmed = await (await producer.get()).sendBatch({ acks: ACKS_ALL, topicMessages: unsent });
        unsent = findUnacknowledged(unsent, confirmed);
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
    isSharedFailure: (error) => isInstance(error, ServiceError),
  });

  return {
    client,
    admin: admin.get,
    async publish(records) {
      const startedAt = performance.now();
      await publishInTrace(tracing, records, batching.add);
      durations?.observe((performance.now() - startedAt) / 1000, currentTrace());
    },
    check: async () => void (await (await admin.get()).describeCluster()),
    async close() {
      await batching.close();
      await Promise.all([producer.close(), admin.close()]);
    },
  };
}

/**
 * Splits records, in order, into requests that a broker accepts. A record that is too large goes
 * alone.
 */
function splitBySize(records: readonly OutgoingRecord[]): OutgoingRecord[][] {
  const parts: OutgoingRecord[][] = [];
  let remainingBytes = 0;
  for (const record of records) {
    const bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (bytes > remainingBytes) {
      parts.push([]);
      remainingBytes = MAX_RECORD_BYTES;
    }
    parts.at(-1)?.push(record);
    remainingBytes -= bytes;
  }
  return parts;
}

interface TopicMessages {
  topic: string;
  messages: Message[];
}

/** A new object, because {@link createPartitioner} writes the chosen partition into it. */
function toKafkaMessage({ key, value, headers }: OutgoingRecord): Message {
  return { key, value, headers };
}

/**
 * The messages that must be sent again. kafkajs 2.2.4 tracks answers by broker, not by partition:
 * if one of two brokers answers that it no longer leads a partition, and the new leader has already
 * answered, kafkajs sends the partition's messages to neither and reports success.
 */
function findUnacknowledged(sent: readonly TopicMessages[], confirmed: readonly RecordMetadata[]): TopicMessages[] {
  const unacknowledged = sent.flatMap(({ topic, messages }) => {
    const partitions = new Set(
      confirmed.filter(({ topicName }) => topicName === topic).map(({ partition }) => partition),
    );
    const rest = messages.filter(({ partition }) => !partitions.has(partition as number));
    return rest.length > 0 ? [{ topic, messages: rest }] : [];
  });
  // Sending again would never end.
  if (confirmed.length === 0 && unacknowledged.length > 0)
    throw kitError("unavailable", "The broker has confirmed no record; try again.");
  return unacknowledged;
}

/**
 * True if the broker was unreachable rather than the record refused, also after kafkajs has used up
 * its attempts. A topic that does not exist counts as refused.
 */
function isBrokerUnreachable(error: unknown): boolean {
  // kafkajs wraps an error once for each level of retries: the innermost is the broker's.
  for (let [level, current] = [0, error]; current !== undefined && level < MAX_CAUSES; level++) {
    if (readField(current, "type") === "UNKNOWN_TOPIC_OR_PARTITION") return false;
    if (readField(current, "retriable") === true) return true;
    current = readField(current, "cause");
  }
  return false;
}

/** True if the broker refuses this record on every attempt. */
export function isRecordTooLarge(error: unknown): boolean {
  return readField(error, "type") === "MESSAGE_TOO_LARGE";
}

let warningSuppressed = false;

/**
 * kafkajs 2.2.4 sets timers in the past, and Node 24 warns of each. They are harmless: such a timer
 * fires at once. A service's image has no local/, which has the same for the platform's programs.
 */
function suppressNegativeTimeoutWarning(): void {
  if (warningSuppressed) return;
  warningSuppressed = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== "TimeoutNegativeWarning") emit(...args);
  };
}
