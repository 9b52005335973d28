import { setTimeout as sleep } from "node:timers/promises";
import type { Batch, Consumer, EachBatchPayload, KafkaMessage } from "kafkajs";
import { UnreadableRecord } from "./avro.ts";
import type { Bus } from "./bus.ts";
import { isTransient, sqlState } from "./database.ts";
import type { Logger } from "./logger.ts";
import type { Telemetry } from "./telemetry.ts";

/** What every event of the platform carries, whatever its topic. */
export interface Envelope {
  readonly id: string;
  readonly tenant_id: number;
  readonly aggregate_id: string;
}

export interface Received<Event extends Envelope> {
  event: Event;
  /** Of the request that led to the event; undefined when its producer sent none. */
  correlationId: string | undefined;
}

export interface ConsumerSettings<Event extends Envelope> {
  bus: Bus;
  logger: Logger;
  telemetry: Telemetry;
  group: string;
  topic: string;
  deadLetterTopic: string;
  decode(value: Buffer | null): Promise<Event>;
  /**
   * Applies events, in order; all of one partition. It may see an event again, so it must know those it has applied (see inbox.ts).
   * Returns how many were new. Rejecting means that none was applied.
   */
  apply(received: readonly Received<Event>[]): Promise<number>;
}

export interface EventConsumer {
  start(): void;
  stop(): Promise<void>;
}

/** An event that is well-formed Avro but makes no sense: no retry will change that. */
export class PoisonEvent extends Error {}

interface Readable<Event extends Envelope> {
  message: KafkaMessage;
  received: Received<Event>;
}

const BATCH = 500;
const LINGER_MS = 20;
const LEAVE_MS = 3000;
const ATTEMPTS = 3;
/** Brokers accept no shorter session by default. After a kill, the group waits this long for its dead member. */
const SESSION_MS = 6000;

/**
 * Reads a topic in a consumer group. Offsets are committed after the effect, so a crash repeats events and loses none. A record that cannot
 * be applied goes to the dead-letter topic with the reason, and the rest goes on; while the database is away nothing does.
 */
export function createConsumer<Event extends Envelope>(settings: ConsumerSettings<Event>): EventConsumer {
  const { bus, logger, telemetry, group, topic, deadLetterTopic } = settings;
  const consumed = telemetry.counter("consumer_events_total", "Events handled: applied, duplicate or dead_letter", ["topic", "result"]);
  const lag = telemetry.gauge("consumer_lag", "Records not yet handled", ["topic", "partition"]);
  const ended = new AbortController();
  let consumer: Consumer | undefined;
  let connecting: Promise<void> = Promise.resolve();

  async function connect(): Promise<void> {
    while (!ended.signal.aborted) {
      consumer = bus.client.consumer({
        groupId: group,
        sessionTimeout: SESSION_MS,
        heartbeatInterval: 1500,
        rebalanceTimeout: 8000,
        maxWaitTimeInMs: 500,
        allowAutoTopicCreation: false,
        retry: { initialRetryTime: 100, maxRetryTime: 800, retries: 8, restartOnFailure: () => Promise.resolve(!ended.signal.aborted) },
      });
      try {
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({ eachBatchAutoResolve: false, partitionsConsumedConcurrently: 2, eachBatch });
        return;
      } catch (error) {
        logger.warn({ err: error, topic }, "consumer cannot start yet");
        await consumer.disconnect();
        await sleep(500, undefined, { ref: false });
      }
    }
  }

  async function eachBatch({
    batch,
    resolveOffset,
    heartbeat,
    commitOffsetsIfNecessary,
    isRunning,
    isStale,
  }: EachBatchPayload): Promise<void> {
    for (let first = 0; first < batch.messages.length; first += BATCH) {
      const messages = batch.messages.slice(first, first + BATCH);
      const last = messages.at(-1);
      while (!(await handled(messages, batch))) {
        if (!isRunning() || isStale()) return;
        await heartbeat();
        await sleep(300);
      }
      if (last === undefined || isStale()) return;
      resolveOffset(last.offset);
      await commitOffsetsIfNecessary();
      await heartbeat();
      lag.labels(topic, String(batch.partition)).set(Math.max(0, Number(BigInt(batch.highWatermark) - 1n - BigInt(last.offset))));
    }
    // Under load the next batch is then a larger one; without load nobody waits for this.
    if (batch.messages.length < BATCH) await sleep(LINGER_MS);
  }

  /** False when a dependency is away: the same messages are to be tried again. */
  async function handled(messages: readonly KafkaMessage[], batch: Batch): Promise<boolean> {
    try {
      const readable: Readable<Event>[] = [];
      for (const message of messages) {
        const received = await read(message);
        if (received instanceof Error) await bury(message, batch, received);
        else readable.push({ message, received });
      }
      await applyAll(readable, batch);
      return true;
    } catch (error) {
      logger.warn({ err: error, topic, partition: batch.partition }, "events wait for a dependency");
      return false;
    }
  }

  async function read(message: KafkaMessage): Promise<Received<Event> | UnreadableRecord> {
    try {
      const event = await settings.decode(message.value);
      const header = message.headers?.tenant_id?.toString();
      if (header !== undefined && header !== String(event.tenant_id)) {
        return new UnreadableRecord(`the header names tenant ${header}, the event ${event.tenant_id}`);
      }
      return { event, correlationId: message.headers?.correlation_id?.toString() };
    } catch (error) {
      if (error instanceof UnreadableRecord) return error;
      throw error;
    }
  }

  async function applyAll(readable: readonly Readable<Event>[], batch: Batch): Promise<void> {
    if (readable.length === 0) return;
    try {
      const applied = await settings.apply(readable.map(({ received }) => received));
      consumed.labels(topic, "applied").inc(applied);
      consumed.labels(topic, "duplicate").inc(readable.length - applied);
    } catch (error) {
      if (isTransient(error)) throw error;
      // One of them is at fault: each on its own, so that only that one is buried.
      for (const one of readable) await applyOne(one, batch);
    }
  }

  async function applyOne({ message, received }: Readable<Event>, batch: Batch): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const applied = await settings.apply([received]);
        consumed.labels(topic, applied === 1 ? "applied" : "duplicate").inc();
        return;
      } catch (error) {
        if (isTransient(error)) throw error;
        if (isPoison(error) || attempt === ATTEMPTS) return bury(message, batch, error as Error);
        await sleep(100 * attempt);
      }
    }
  }

  async function bury(message: KafkaMessage, { partition }: Batch, reason: Error): Promise<void> {
    const at = { topic, partition, offset: message.offset, group };
    const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
    const facts = Object.fromEntries(
      Object.entries({ ...at, reason: reason.message }).map(([name, value]) => [`dead_letter_${name}`, String(value)]),
    );
    await bus.publish([{ topic: deadLetterTopic, key: message.key, value: message.value, headers: { ...headers, ...facts } }]);
    consumed.labels(topic, "dead_letter").inc();
    logger.error({ ...at, reason: reason.message, dead_letter_topic: deadLetterTopic }, "event went to the dead letters");
  }

  return {
    start() {
      connecting = connect();
    },
    async stop() {
      ended.abort();
      const left = Promise.resolve(connecting).then(() => consumer?.disconnect());
      // While a group waits for a dead member, leaving it waits too. The broker then notices by the session's end; nothing is lost by that.
      if ((await Promise.race([left, sleep(LEAVE_MS, "late", { ref: false })])) === "late")
        logger.warn({ group }, "left without a goodbye to the group");
    },
  };
}

/** Integrity and data errors of the database stay what they are however often they are tried. */
function isPoison(error: unknown): boolean {
  return error instanceof PoisonEvent || /^2[23]/.test(sqlState(error));
}
