import pLimit from "p-limit";
import { abortableSleep } from "../core/abortable-sleep.ts";
import { describeCaught, isInstance } from "../core/caught-value.ts";
import type { EventEnvelope } from "../core/event-envelope.ts";
import type { Logger } from "../core/logger.ts";
import type { TenantLocks } from "../core/tenant.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import type { Bus } from "./bus.ts";
import { createRetryOrDeadLetter, isPermanentFailure } from "./dead-letters.ts";
import { ConsumerStopped, createRetryWhile, retryAlways } from "./dependency-retry.ts";
import { createGroupMember, type FetchedBatch } from "./group-member.ts";
import { createHandlerCall } from "./handler-call.ts";
import { batchesByKeyHash, groupByKey } from "./key-batching.ts";
import { PoisonEvent, type ReceivedEvent } from "./received-event.ts";
import { type ReceivedRecord, UnreadableRecord } from "./record.ts";
import { createRecordDecoder } from "./record-decoder.ts";
import { createRetryDelays } from "./retry-delay.ts";
import { createRetryStateReader, type RetryStage } from "./retry-topics.ts";

interface CommonConsumerSettings<Event extends EventEnvelope> {
  bus: Bus;
  logger: Logger;
  metrics: Metrics;
  tracing?: Tracing;
  /** Events of locked-out tenants become dead letters. @default none is locked out */
  tenants?: TenantLocks;
  group: string;
  topic: string;
  deadLetterTopic: string;
  /**
   * Topics in which a failed event waits, one after the other, before it becomes a dead letter,
   * while other events go on. Later events of its key are then applied before it: give stages only
   * where that does no harm. @default none: three attempts in place, in order
   */
  retryStages?: readonly RetryStage[];
  /** @throws `UnreadableRecord` for a value that no retry makes readable */
  decode(value: Buffer | null): Promise<Event>;
  /** Calls of `applyBatch` or `applyEvent` at a time, over all partitions. @default 4 */
  concurrency?: number;
  /** Milliseconds that {@link EventConsumer.stop} waits for calls under way. @default 5000 */
  drainMs?: number;
}

/** For effects that are cheaper together, such as rows of one transaction. */
export interface BatchConsumerSettings<Event extends EventEnvelope> extends CommonConsumerSettings<Event> {
  /**
   * Applies events of one partition, each key's in order, and returns how many were new. It may see
   * an event again, so it must know those it has applied (see outbox/inbox.ts). Rejecting means
   * that it applied none. A large batch is split by key into several calls.
   */
  applyBatch(received: readonly ReceivedEvent<Event>[]): Promise<number>;
}

/** For effects that are slow one by one: keys run in parallel, the events of one key in order. */
export interface SingleConsumerSettings<Event extends EventEnvelope> extends CommonConsumerSettings<Event> {
  /** Applies one event and returns whether it was new; it may see an event again. */
  applyEvent(received: ReceivedEvent<Event>): Promise<boolean>;
}

export type ConsumerSettings<Event extends EventEnvelope> =
  | BatchConsumerSettings<Event>
  | SingleConsumerSettings<Event>;

export interface EventConsumer {
  start(): void;
  /** Starts no further call, finishes and commits what is under way. */
  stop(): Promise<void>;
}

interface DecodedRecord<Event extends EventEnvelope> {
  /** Position in the chunk. */
  index: number;
  record: ReceivedRecord;
  received: ReceivedEvent<Event>;
}

/** Records that are decoded and split by key together. */
const CHUNK_RECORDS = 500;
const LINGER_MS = 20;
const MAX_ATTEMPTS = 3;
const BACKOFF_MS = 100;

/**
 * Reads a topic in a consumer group. It commits offsets after the effect and without gaps, so a
 * crash repeats events and loses none. While a dependency is away, events wait in place and in
 * order. An event that cannot be applied waits in a retry topic or becomes a dead letter with the
 * reason.
 */
export function createConsumer<Event extends EventEnvelope>(settings: ConsumerSettings<Event>): EventConsumer {
  const { bus, logger, metrics, tracing = noopTracing, group, topic, retryStages = [], concurrency = 4 } = settings;
  const results = metrics.counter(kitMetrics.consumer_events_total);
  const limitConcurrency = pLimit(concurrency);
  const readState = createRetryStateReader(retryStages);
  const remainingDelayMs = createRetryDelays(retryStages);
  const decodeRecord = createRecordDecoder((value) => settings.decode(value));
  const retryWhile = createRetryWhile(logger);
  const { deadLetterTopic, tenants } = settings;
  const retryLaterOrDeadLetter = createRetryOrDeadLetter({
    bus,
    logger,
    group,
    topic,
    deadLetterTopic,
    retryStages,
    results,
    deadLetters: metrics.counter(kitMetrics.consumer_dead_letters_total),
  });
  const applyAll =
    "applyBatch" in settings
      ? settings.applyBatch
      : async ([first]: readonly ReceivedEvent<Event>[]) =>
          (await settings.applyEvent(first as ReceivedEvent<Event>)) ? 1 : 0;
  const callHandler = createHandlerCall(applyAll, { metrics, tracing, group });
  const splitIntoBatches = "applyBatch" in settings ? batchesByKeyHash(concurrency) : groupByKey;

  async function handleBatch(batch: FetchedBatch): Promise<void> {
    const { records, signal } = batch;
    for (let first = 0; first < records.length && !signal.aborted; first += CHUNK_RECORDS) {
      const chunk = records.slice(first, first + CHUNK_RECORDS);
      // All wait equally long, so none after the first that is not due is due either.
      const notDue = chunk.findIndex((record) => remainingDelayMs(batch, record) > 0);
      await handleChunk(notDue === -1 ? chunk : chunk.slice(0, notDue), batch);
      if (notDue !== -1)
        return batch.pausePartition(Math.max(1, remainingDelayMs(batch, chunk[notDue] as ReceivedRecord)));
    }
    // Under load the next batch is larger for it; without load no event waits for this.
    if ("applyBatch" in settings && records.length < CHUNK_RECORDS) await abortableSleep(LINGER_MS, signal);
  }

  /** The record's event, or why there is none to apply. */
  async function readRecord(record: ReceivedRecord, batch: FetchedBatch): Promise<ReceivedEvent<Event> | Error> {
    const received = await decodeOrGiveUp(record, batch);
    if (isInstance(received, Error) || tenants === undefined) return received;
    const { tenant_id } = received.event;
    // Most answers are there at once: this runs for every event.
    let answer: boolean | Promise<boolean> | undefined = tenants.isLockedOut(tenant_id);
    if (answer === false) return received;
    const ask = async () => {
      const asked = answer ?? tenants.isLockedOut(tenant_id);
      answer = undefined;
      return asked;
    };
    return (await retryWhile(batch, ask, retryAlways))
      ? new PoisonEvent(`tenant ${tenant_id} is locked out`)
      : received;
  }

  async function handleChunk(chunk: readonly ReceivedRecord[], batch: FetchedBatch): Promise<void> {
    const finish = createProgress(chunk, batch);
    try {
      const decoded: DecodedRecord<Event>[] = [];
      for (const [index, record] of chunk.entries()) {
        const retryGroup = readState(batch.topic, record)?.origin.group;
        const ofOtherGroup = retryGroup !== undefined && retryGroup !== group;
        const received = ofOtherGroup ? undefined : await readRecord(record, batch);
        if (received === undefined) finish(index);
        else if (isInstance(received, Error)) {
          await retryWhile(batch, () => retryLaterOrDeadLetter(record, batch, received), retryAlways);
          finish(index);
        } else decoded.push({ index, record, received });
      }
      // Waits for all: one that was interrupted must not hide that others are under way.
      const outcomes = await Promise.allSettled(
        splitIntoBatches(decoded).map((part) => limitConcurrency(() => applyRecords(part, batch, finish))),
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    } catch (error) {
      if (!isInstance(error, ConsumerStopped)) throw error;
    }
  }

  /**
   * A registry that is away comes back, so most failures to decode are waited for. What is thrown
   * by code that cannot handle the value is the same at each attempt: it becomes a dead letter.
   */
  async function decodeOrGiveUp(record: ReceivedRecord, batch: FetchedBatch) {
    try {
      return await retryWhile(batch, () => decodeRecord(record), isPassing);
    } catch (error) {
      if (isInstance(error, ConsumerStopped)) throw error;
      return new UnreadableRecord(describeCaught(error), { cause: error });
    }
  }

  /** Applies events whose keys are in no other call: together, and if that fails one by one. */
  async function applyRecords(
    part: readonly DecodedRecord<Event>[],
    batch: FetchedBatch,
    finish: (index: number) => void,
  ): Promise<void> {
    if ("applyBatch" in settings && part.length > 1) {
      const received = part.map((record) => record.received);
      try {
        const applied = await retryWhile(batch, () => callHandler(received, batch.topic));
        const fresh = Math.min(Math.max(Number(applied) || 0, 0), part.length);
        results.labels(batch.topic, "applied").inc(fresh);
        results.labels(batch.topic, "duplicate").inc(part.length - fresh);
        for (const { index } of part) finish(index);
        return;
      } catch (error) {
        // One event is at fault: applied one by one, only that one fails.
        if (isInstance(error, ConsumerStopped)) throw error;
      }
    }
    for (const record of part) {
      await applyRecord(record, batch);
      finish(record.index);
    }
  }

  async function applyRecord({ record, received }: DecodedRecord<Event>, batch: FetchedBatch): Promise<void> {
    const maxAttempts = retryStages.length > 0 ? 1 : MAX_ATTEMPTS;
    for (let attempt = 1; ; attempt++) {
      try {
        const applied = await retryWhile(batch, () => callHandler([received], batch.topic));
        results.labels(batch.topic, applied === 1 ? "applied" : "duplicate").inc();
        return;
      } catch (error) {
        if (isInstance(error, ConsumerStopped)) throw error;
        if (isPermanentFailure(error) || attempt === maxAttempts)
          return retryWhile(batch, () => retryLaterOrDeadLetter(record, batch, error), retryAlways);
        await abortableSleep(BACKOFF_MS * attempt, batch.signal);
      }
    }
  }

  return createGroupMember({
    bus,
    logger,
    metrics,
    group,
    topics: [topic, ...retryStages.map((stage) => stage.topic)],
    handleBatch,
    drainMs: settings.drainMs ?? 5000,
  });
}

/** False for what a defect throws: no error at all, or one of the language's. */
function isPassing(error: unknown): boolean {
  return isInstance(error, Error) && !DEFECTS.some((type) => isInstance(error, type));
}

const DEFECTS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Marks records of a chunk as handled, in whatever order they finish, without gaps. */
function createProgress(chunk: readonly ReceivedRecord[], batch: FetchedBatch): (index: number) => void {
  const finished = new Array<boolean>(chunk.length).fill(false);
  let next = 0;
  return (index) => {
    finished[index] = true;
    const before = next;
    while (finished[next]) next++;
    if (next > before) batch.markHandled(chunk[next - 1] as ReceivedRecord);
  };
}
