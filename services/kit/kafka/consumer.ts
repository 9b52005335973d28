import pLimit from "p-limit";
import { abortableSleep } from "../core/abortable-sleep.ts";
import { isSchemaMismatch, isTransient, sqlState } from "../core/database-errors.ts";
import type { EventEnvelope } from "../core/event-envelope.ts";
import type { Logger } from "../core/logger.ts";
import { parseTraceparent, runInTrace } from "../core/trace-context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Span } from "../telemetry/span.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { type Bus, isRecordTooLarge } from "./bus.ts";
import { unreadableBatchReason } from "./compression/unreadable-batch.ts";
import { createGroupMember, type FetchedBatch } from "./group-member.ts";
import { batchesByKeyHash, groupByKey } from "./key-batching.ts";
import { PoisonEvent, type ReceivedEvent } from "./received-event.ts";
import { headerText, type ReceivedRecord, UnreadableRecord } from "./record.ts";
import { createRetryDelays } from "./retry-delay.ts";
import {
  dropValue,
  type RecordOrigin,
  type RetryStage,
  readRetryState,
  toDeadLetter,
  toRetryRecord,
  truncateReason,
} from "./retry-topics.ts";

interface CommonConsumerSettings<Event extends EventEnvelope> {
  bus: Bus;
  logger: Logger;
  metrics: Metrics;
  tracing?: Tracing;
  group: string;
  topic: string;
  deadLetterTopic: string;
  /**
   * Where an event that fails is put aside, stage after stage, before it is a dead letter: the rest
   * goes on at once. Events of its key that came after it are then applied before it: give stages
   * only where that does no harm. @default none: three attempts in place, in order
   */
  retryStages?: readonly RetryStage[];
  decode(value: Buffer | null): Promise<Event>;
  /** Calls of `apply` or `handle` at once, over all partitions. @default 4 */
  concurrency?: number;
  /** Milliseconds that {@link EventConsumer.stop} waits for calls under way. @default 5000 */
  drainMs?: number;
}

/** For effects that are cheaper together, such as rows of one transaction. */
export interface BatchConsumerSettings<Event extends EventEnvelope> extends CommonConsumerSettings<Event> {
  /**
   * Applies events of one partition, each key's in order. It may see an event again, so it must
   * know those it has applied (see inbox.ts). Returns how many were new. Rejecting means that none
   * was applied. A large batch is dealt out by key to several calls.
   */
  applyBatch(received: readonly ReceivedEvent<Event>[]): Promise<number>;
}

/**
 * For effects that are slow one by one: keys side by side, the events of one key one after the
 * other.
 */
export interface SingleConsumerSettings<Event extends EventEnvelope> extends CommonConsumerSettings<Event> {
  /** Applies one event; it may see it again. Returns whether it was new. */
  applyEvent(received: ReceivedEvent<Event>): Promise<boolean>;
}

export type ConsumerSettings<Event extends EventEnvelope> =
  | BatchConsumerSettings<Event>
  | SingleConsumerSettings<Event>;

export interface EventConsumer {
  start(): void;
  /** Begins nothing more, finishes and commits what is under way. */
  stop(): Promise<void>;
}

interface DecodedRecord<Event extends EventEnvelope> {
  /** Its place in the chunk. */
  index: number;
  message: ReceivedRecord;
  received: ReceivedEvent<Event>;
}

/** Records that are decoded and dealt out together. */
const CHUNK_RECORDS = 500;
const LINGER_MS = 20;
const MAX_ATTEMPTS = 3;
const BACKOFF_MS = { first: 100, most: 1000 };

/** Thrown to leave work undone that will come again. */
class ConsumerStopped extends Error {}

/**
 * Reads a topic in a consumer group. Offsets are committed after the effect and without gaps, so a
 * crash repeats events and loses none. While a dependency is away events wait in place and in
 * order. One that cannot be applied is put aside or goes to the dead letters with the reason.
 */
export function createConsumer<Event extends EventEnvelope>(settings: ConsumerSettings<Event>): EventConsumer {
  const {
    bus,
    logger,
    metrics,
    tracing = noopTracing,
    group,
    topic,
    deadLetterTopic,
    retryStages = [],
    concurrency = 4,
  } = settings;
  const counted = metrics.counter("consumer_events_total", "Events read: applied, duplicate, retried or dead_letter", [
    "topic",
    "result",
  ]);
  const durations = metrics.histogram("consumer_seconds", "Of one call of the handler", ["topic"]);
  const limitConcurrency = pLimit(concurrency);
  const leftOf = createRetryDelays(retryStages);
  const apply =
    "applyBatch" in settings
      ? settings.applyBatch
      : async ([one]: readonly ReceivedEvent<Event>[]) =>
          (await settings.applyEvent(one as ReceivedEvent<Event>)) ? 1 : 0;
  const deal = "applyBatch" in settings ? batchesByKeyHash(concurrency) : groupByKey;

  async function read(fetched: FetchedBatch): Promise<void> {
    const { records, signal } = fetched;
    for (let first = 0; first < records.length && !signal.aborted; first += CHUNK_RECORDS) {
      const chunk = records.slice(first, first + CHUNK_RECORDS);
      // They wait equally long, so the first that is not due ends it.
      const waiting = chunk.findIndex((message) => leftOf(fetched, message) > 0);
      await readChunk(waiting === -1 ? chunk : chunk.slice(0, waiting), fetched);
      if (waiting !== -1) return fetched.pausePartition(Math.max(1, leftOf(fetched, chunk[waiting] as ReceivedRecord)));
    }
    // Under load the next batch is then a larger one; without load nobody waits for this.
    if ("applyBatch" in settings && records.length < CHUNK_RECORDS) await abortableSleep(LINGER_MS, signal);
  }

  async function readChunk(chunk: readonly ReceivedRecord[], fetched: FetchedBatch): Promise<void> {
    const done = new Array<boolean>(chunk.length).fill(false);
    let next = 0;
    const finish = (index: number) => {
      done[index] = true;
      const before = next;
      while (done[next]) next++;
      if (next > before) fetched.markHandled(chunk[next - 1] as ReceivedRecord);
    };
    try {
      const readable: DecodedRecord<Event>[] = [];
      for (const [index, message] of chunk.entries()) {
        const foreign = readRetryState(message)?.origin.group;
        const received =
          foreign !== undefined && foreign !== group
            ? undefined
            : await patient(fetched, () => open(message), retryAlways);
        if (received === undefined) finish(index);
        else if (received instanceof Error)
          await patient(fetched, () => setAside(message, fetched, received), retryAlways).then(() => finish(index));
        else readable.push({ index, message, received });
      }
      // All of them: one that was interrupted must not hide that others are under way.
      const outcomes = await Promise.allSettled(
        deal(readable).map((own) => limitConcurrency(() => work(own, fetched, finish))),
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    } catch (error) {
      if (!(error instanceof ConsumerStopped)) throw error;
    }
  }

  async function open(message: ReceivedRecord): Promise<ReceivedEvent<Event> | UnreadableRecord> {
    const lost = unreadableBatchReason(message.headers);
    if (lost !== undefined) return new UnreadableRecord(lost);
    try {
      const event = await settings.decode(message.value);
      const header = headerText(message.headers, "tenant_id");
      if (header !== undefined && header !== String(event.tenant_id)) {
        return new UnreadableRecord(`the header names tenant ${header}, the event ${event.tenant_id}`);
      }
      return {
        event,
        correlationId: headerText(message.headers, "correlation_id"),
        trace: parseTraceparent(headerText(message.headers, "traceparent")),
      };
    } catch (error) {
      if (error instanceof UnreadableRecord) return error;
      throw error;
    }
  }

  /** Events whose keys nobody else has: together, and if that fails one after the other. */
  async function work(
    own: readonly DecodedRecord<Event>[],
    fetched: FetchedBatch,
    finish: (index: number) => void,
  ): Promise<void> {
    if ("applyBatch" in settings && own.length > 1) {
      try {
        const applied = await patient(fetched, () => call(own, fetched.topic));
        counted.labels(fetched.topic, "applied").inc(applied);
        counted.labels(fetched.topic, "duplicate").inc(own.length - applied);
        for (const { index } of own) finish(index);
        return;
      } catch (error) {
        // One of them is at fault: each on its own, so that only that one is put aside.
        if (error instanceof ConsumerStopped) throw error;
      }
    }
    for (const one of own) {
      await workOne(one, fetched);
      finish(one.index);
    }
  }

  async function workOne(one: DecodedRecord<Event>, fetched: FetchedBatch): Promise<void> {
    const attempts = retryStages.length > 0 ? 1 : MAX_ATTEMPTS;
    for (let attempt = 1; ; attempt++) {
      try {
        const applied = await patient(fetched, () => call([one], fetched.topic));
        counted.labels(fetched.topic, applied === 1 ? "applied" : "duplicate").inc();
        return;
      } catch (error) {
        if (error instanceof ConsumerStopped) throw error;
        if (isPermanentFailure(error) || attempt === attempts)
          return patient(fetched, () => setAside(one.message, fetched, error as Error), retryAlways);
        await abortableSleep(BACKOFF_MS.first * attempt, fetched.signal);
      }
    }
  }

  /** The handler, in the trace and with the correlation id of what it handles. */
  async function call(own: readonly DecodedRecord<Event>[], from: string): Promise<number> {
    const received = own.map((one) => one.received);
    const span = spanOf(received, from);
    const correlationId = received.length === 1 ? received[0]?.correlationId : undefined;
    const begun = performance.now();
    try {
      const applied = await (span ? runInTrace(span.context, () => apply(received), correlationId) : apply(received));
      span?.end();
      return applied;
    } catch (error) {
      span?.end({ error });
      throw error;
    } finally {
      durations.labels(from).observe((performance.now() - begun) / 1000);
    }
  }

  /**
   * Of one event its own trace, recorded or not, so that log lines have its ids. Of several that of
   * the first that is recorded; else none: their handler's lines are about all of them, and the ids
   * of one would lay them at the door of a single request, perhaps of another tenant.
   */
  function spanOf(received: readonly ReceivedEvent<Event>[], from: string): Span | undefined {
    const [only] = received;
    const alone = received.length === 1 && (only?.trace ?? only?.correlationId) !== undefined;
    const parent = alone ? only?.trace : received.find(({ trace }) => trace?.sampled)?.trace;
    return alone || parent
      ? tracing.startSpan(`consume ${from}`, "consumer", parent, { events: received.length })
      : undefined;
  }

  /** Repeats `attempt` while it fails for what `passes`. */
  async function patient<T>(
    { signal, topic: from, partition }: FetchedBatch,
    attempt: () => Promise<T>,
    passes = isDependencyFailure,
  ): Promise<T> {
    for (let wait = 0; ; wait = Math.min(wait * 2 || BACKOFF_MS.first, BACKOFF_MS.most)) {
      if (wait > 0) await abortableSleep(wait, signal);
      if (signal.aborted) throw new ConsumerStopped();
      try {
        return await attempt();
      } catch (error) {
        if (!passes(error)) throw error;
        logger.warn({ err: error, topic: from, partition }, "events wait for a dependency");
      }
    }
  }

  /**
   * Into the next stage, or to the dead letters: without stages, after the last, and at once when
   * no attempt can help.
   */
  async function setAside(
    message: ReceivedRecord,
    { topic: from, partition }: FetchedBatch,
    reason: Error,
  ): Promise<void> {
    const earlier = readRetryState(message);
    const origin: RecordOrigin = earlier?.origin ?? { group, topic: from, partition, offset: message.offset };
    const attempts = (earlier?.attempts ?? 0) + 1;
    const dead = toDeadLetter(message, deadLetterTopic, origin, attempts, reason);
    let stage =
      reason instanceof UnreadableRecord || isPermanentFailure(reason) ? undefined : retryStages[attempts - 1];
    try {
      await bus.publish([stage ? toRetryRecord(message, stage, origin, attempts, reason) : dead]);
    } catch (error) {
      if (!isRecordTooLarge(error)) throw error;
      // As large as it is, however often it is sent: it would hold up its partition for ever.
      stage = undefined;
      await bus.publish([dropValue(dead)]);
    }
    counted.labels(from, stage ? "retried" : "dead_letter").inc();
    const facts = {
      ...origin,
      attempts,
      reason: truncateReason(reason),
      correlation_id: headerText(message.headers, "correlation_id"),
    };
    if (stage)
      logger.warn(
        { ...facts, retry_topic: stage.topic, after_ms: stage.delayMs },
        "event was put aside to be tried again",
      );
    else logger.error({ ...facts, dead_letter_topic: deadLetterTopic }, "event went to the dead letters");
  }

  return createGroupMember({
    bus,
    logger,
    metrics,
    group,
    topics: [topic, ...retryStages.map((stage) => stage.topic)],
    handleBatch: read,
    drainMs: settings.drainMs ?? 5000,
  });
}

/**
 * Registry and broker are all that decoding and putting aside can fail for, and without them
 * nothing can go on.
 */
const retryAlways = () => true;

/** What lies in no event. */
const isDependencyFailure = (error: unknown) => isTransient(error) || isSchemaMismatch(error);

/** Integrity and data errors of the database stay what they are however often they are tried. */
function isPermanentFailure(error: unknown): boolean {
  return error instanceof PoisonEvent || /^2[23]/.test(sqlState(error));
}
