import type { KafkaMessage } from "kafkajs";
import { UnreadableRecord } from "./avro.ts";
import { type Bus, isTooLarge } from "./bus.ts";
import { isTransient, isUnmigrated, sqlState } from "./database.ts";
import { byKey, shares } from "./dealing.ts";
import { createWaits } from "./due.ts";
import { createMember, type Fetched } from "./group.ts";
import type { Logger } from "./logger.ts";
import { pause } from "./pause.ts";
import { deadLetter, type Origin, type RetryStage, reasonOf, retriedOf, retryRecord, text, withoutValue } from "./retry.ts";
import { createSlots } from "./slots.ts";
import type { Telemetry } from "./telemetry.ts";
import { parseTraceparent, runInTrace, type Span, type TraceContext, type Tracing, untraced } from "./tracing.ts";
import { unreadableBatch } from "./unreadable-batch.ts";

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
  /** Where the event was published; undefined when its producer sent none. */
  trace: TraceContext | undefined;
}

interface CommonSettings<Event extends Envelope> {
  bus: Bus;
  logger: Logger;
  telemetry: Telemetry;
  tracing?: Tracing;
  group: string;
  topic: string;
  deadLetterTopic: string;
  /**
   * Where an event that fails is put aside, stage after stage, before it is a dead letter: the rest goes on at once. Events of its key that came
   * after it are then applied before it: give stages only where that does no harm. @default none: three attempts in place, in order
   */
  retry?: readonly RetryStage[];
  decode(value: Buffer | null): Promise<Event>;
  /** Calls of `apply` or `handle` at once, over all partitions. @default 4 */
  concurrency?: number;
  /** Milliseconds that {@link EventConsumer.stop} waits for calls under way. @default 5000 */
  drainMs?: number;
}

/** For effects that are cheaper together, such as rows of one transaction. */
export interface BatchSettings<Event extends Envelope> extends CommonSettings<Event> {
  /**
   * Applies events of one partition, each key's in order. It may see an event again, so it must know those it has applied (see inbox.ts).
   * Returns how many were new. Rejecting means that none was applied. A large batch is dealt out by key to several calls.
   */
  apply(received: readonly Received<Event>[]): Promise<number>;
}

/** For effects that are slow one by one: keys side by side, the events of one key one after the other. */
export interface EachSettings<Event extends Envelope> extends CommonSettings<Event> {
  /** Applies one event; it may see it again. Returns whether it was new. */
  handle(received: Received<Event>): Promise<boolean>;
}

export type ConsumerSettings<Event extends Envelope> = BatchSettings<Event> | EachSettings<Event>;

export interface EventConsumer {
  start(): void;
  /** Begins nothing more, finishes and commits what is under way. */
  stop(): Promise<void>;
}

/** An event that is well-formed Avro but makes no sense: no retry will change that. */
export class PoisonEvent extends Error {}

interface Readable<Event extends Envelope> {
  /** Its place in the chunk. */
  index: number;
  message: KafkaMessage;
  received: Received<Event>;
}

/** Records that are decoded and dealt out together. */
const CHUNK = 500;
const LINGER_MS = 20;
const ATTEMPTS = 3;
const WAIT_MS = { first: 100, most: 1000 };

/** Thrown to leave work undone that will come again. */
class Interrupted extends Error {}

/**
 * Reads a topic in a consumer group. Offsets are committed after the effect and without gaps, so a crash repeats events and loses none. While a
 * dependency is away events wait in place and in order. One that cannot be applied is put aside or goes to the dead letters with the reason.
 */
export function createConsumer<Event extends Envelope>(settings: ConsumerSettings<Event>): EventConsumer {
  const { bus, logger, telemetry, tracing = untraced, group, topic, deadLetterTopic, retry = [], concurrency = 4 } = settings;
  const counted = telemetry.counter("consumer_events_total", "Events read: applied, duplicate, retried or dead_letter", [
    "topic",
    "result",
  ]);
  const durations = telemetry.histogram("consumer_seconds", "Of one call of the handler", ["topic"]);
  const slots = createSlots(concurrency);
  const leftOf = createWaits(retry);
  const apply =
    "apply" in settings
      ? settings.apply
      : async ([one]: readonly Received<Event>[]) => ((await settings.handle(one as Received<Event>)) ? 1 : 0);
  const deal = "apply" in settings ? shares(concurrency) : byKey;

  async function read(fetched: Fetched): Promise<void> {
    const { records, signal } = fetched;
    for (let first = 0; first < records.length && !signal.aborted; first += CHUNK) {
      const chunk = records.slice(first, first + CHUNK);
      // They wait equally long, so the first that is not due ends it.
      const waiting = chunk.findIndex((message) => leftOf(fetched, message) > 0);
      await readChunk(waiting === -1 ? chunk : chunk.slice(0, waiting), fetched);
      if (waiting !== -1) return fetched.pause(Math.max(1, leftOf(fetched, chunk[waiting] as KafkaMessage)));
    }
    // Under load the next batch is then a larger one; without load nobody waits for this.
    if ("apply" in settings && records.length < CHUNK) await pause(LINGER_MS, signal);
  }

  async function readChunk(chunk: readonly KafkaMessage[], fetched: Fetched): Promise<void> {
    const done = new Array<boolean>(chunk.length).fill(false);
    let next = 0;
    const finish = (index: number) => {
      done[index] = true;
      const before = next;
      while (done[next]) next++;
      if (next > before) fetched.handled(chunk[next - 1] as KafkaMessage);
    };
    try {
      const readable: Readable<Event>[] = [];
      for (const [index, message] of chunk.entries()) {
        const foreign = retriedOf(message)?.origin.group;
        const received = foreign !== undefined && foreign !== group ? undefined : await patient(fetched, () => open(message), always);
        if (received === undefined) finish(index);
        else if (received instanceof Error)
          await patient(fetched, () => setAside(message, fetched, received), always).then(() => finish(index));
        else readable.push({ index, message, received });
      }
      // All of them: one that was interrupted must not hide that others are under way.
      const outcomes = await Promise.allSettled(deal(readable).map((own) => slots(() => work(own, fetched, finish))));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
  }

  async function open(message: KafkaMessage): Promise<Received<Event> | UnreadableRecord> {
    const lost = unreadableBatch(message.headers);
    if (lost !== undefined) return new UnreadableRecord(lost);
    try {
      const event = await settings.decode(message.value);
      const header = text(message.headers, "tenant_id");
      if (header !== undefined && header !== String(event.tenant_id)) {
        return new UnreadableRecord(`the header names tenant ${header}, the event ${event.tenant_id}`);
      }
      return {
        event,
        correlationId: text(message.headers, "correlation_id"),
        trace: parseTraceparent(text(message.headers, "traceparent")),
      };
    } catch (error) {
      if (error instanceof UnreadableRecord) return error;
      throw error;
    }
  }

  /** Events whose keys nobody else has: together, and if that fails one after the other. */
  async function work(own: readonly Readable<Event>[], fetched: Fetched, finish: (index: number) => void): Promise<void> {
    if ("apply" in settings && own.length > 1) {
      try {
        const applied = await patient(fetched, () => call(own, fetched.topic));
        counted.labels(fetched.topic, "applied").inc(applied);
        counted.labels(fetched.topic, "duplicate").inc(own.length - applied);
        for (const { index } of own) finish(index);
        return;
      } catch (error) {
        // One of them is at fault: each on its own, so that only that one is put aside.
        if (error instanceof Interrupted) throw error;
      }
    }
    for (const one of own) {
      await workOne(one, fetched);
      finish(one.index);
    }
  }

  async function workOne(one: Readable<Event>, fetched: Fetched): Promise<void> {
    const attempts = retry.length > 0 ? 1 : ATTEMPTS;
    for (let attempt = 1; ; attempt++) {
      try {
        const applied = await patient(fetched, () => call([one], fetched.topic));
        counted.labels(fetched.topic, applied === 1 ? "applied" : "duplicate").inc();
        return;
      } catch (error) {
        if (error instanceof Interrupted) throw error;
        if (isPoison(error) || attempt === attempts) return patient(fetched, () => setAside(one.message, fetched, error as Error), always);
        await pause(WAIT_MS.first * attempt, fetched.signal);
      }
    }
  }

  /** The handler, in the trace and with the correlation id of what it handles. */
  async function call(own: readonly Readable<Event>[], from: string): Promise<number> {
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
   * Of one event its own trace, recorded or not, so that log lines have its ids. Of several that of the first that is recorded; else none: their
   * handler's lines are about all of them, and the ids of one would lay them at the door of a single request, perhaps of another tenant.
   */
  function spanOf(received: readonly Received<Event>[], from: string): Span | undefined {
    const [only] = received;
    const alone = received.length === 1 && (only?.trace ?? only?.correlationId) !== undefined;
    const parent = alone ? only?.trace : received.find(({ trace }) => trace?.sampled)?.trace;
    return alone || parent ? tracing.span(`consume ${from}`, "consumer", parent, { events: received.length }) : undefined;
  }

  /** Repeats `attempt` while it fails for what `passes`. */
  async function patient<T>({ signal, topic: from, partition }: Fetched, attempt: () => Promise<T>, passes = waitsInPlace): Promise<T> {
    for (let wait = 0; ; wait = Math.min(wait * 2 || WAIT_MS.first, WAIT_MS.most)) {
      if (wait > 0) await pause(wait, signal);
      if (signal.aborted) throw new Interrupted();
      try {
        return await attempt();
      } catch (error) {
        if (!passes(error)) throw error;
        logger.warn({ err: error, topic: from, partition }, "events wait for a dependency");
      }
    }
  }

  /** Into the next stage, or to the dead letters: without stages, after the last, and at once when no attempt can help. */
  async function setAside(message: KafkaMessage, { topic: from, partition }: Fetched, reason: Error): Promise<void> {
    const earlier = retriedOf(message);
    const origin: Origin = earlier?.origin ?? { group, topic: from, partition, offset: message.offset };
    const attempts = (earlier?.attempts ?? 0) + 1;
    const dead = deadLetter(message, deadLetterTopic, origin, attempts, reason);
    let stage = reason instanceof UnreadableRecord || isPoison(reason) ? undefined : retry[attempts - 1];
    try {
      await bus.publish([stage ? retryRecord(message, stage, origin, attempts, reason) : dead]);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      // As large as it is, however often it is sent: it would hold up its partition for ever.
      stage = undefined;
      await bus.publish([withoutValue(dead)]);
    }
    counted.labels(from, stage ? "retried" : "dead_letter").inc();
    const facts = { ...origin, attempts, reason: reasonOf(reason), correlation_id: text(message.headers, "correlation_id") };
    if (stage) logger.warn({ ...facts, retry_topic: stage.topic, after_ms: stage.afterMs }, "event was put aside to be tried again");
    else logger.error({ ...facts, dead_letter_topic: deadLetterTopic }, "event went to the dead letters");
  }

  return createMember({
    bus,
    logger,
    telemetry,
    group,
    topics: [topic, ...retry.map((stage) => stage.topic)],
    read,
    drainMs: settings.drainMs ?? 5000,
  });
}

/** Registry and broker are all that decoding and putting aside can fail for, and without them nothing can go on. */
const always = () => true;

/** What lies in no event. */
const waitsInPlace = (error: unknown) => isTransient(error) || isUnmigrated(error);

/** Integrity and data errors of the database stay what they are however often they are tried. */
function isPoison(error: unknown): boolean {
  return error instanceof PoisonEvent || /^2[23]/.test(sqlState(error));
}
