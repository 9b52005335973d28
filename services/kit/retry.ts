import type { IHeaders, KafkaMessage } from "kafkajs";
import type { OutgoingRecord } from "./bus.ts";

/** A topic in which an event waits before it is tried again. */
export interface RetryStage {
  topic: string;
  /** Milliseconds from a failure until the next attempt. Each stage has a topic of its own, so that nobody waits behind one who waits longer. */
  afterMs: number;
}

/** Where a record came from, and who failed at it. */
export interface Origin {
  group: string;
  topic: string;
  partition: number;
  offset: string;
}

/** What the headers of a retried record say. */
export interface Retried {
  /** Attempts that failed. */
  attempts: number;
  /** Not before: milliseconds since 1970. */
  dueMs: number;
  origin: Origin;
}

/** Of the stages, in order: 1 s, 10 s, 100 s. */
export function retryStages(topics: readonly string[], firstMs = 1000): RetryStage[] {
  return topics.map((topic, stage) => ({ topic, afterMs: firstMs * 10 ** stage }));
}

const ATTEMPTS = "retry_attempts";
const DUE = "retry_due";
const ORIGIN = "retry_";
/** Characters of a reason: a database's may repeat the whole value that it refused, and the record would be larger than any broker takes. */
const REASON = 1000;
const FIELDS = ["group", "topic", "partition", "offset"] as const;

/** The record for a stage: what was read, with headers that say how often it was tried, when it is due, where it came from and why it failed. */
export function retryRecord(message: KafkaMessage, stage: RetryStage, origin: Origin, attempts: number, reason: Error): OutgoingRecord {
  const facts = { [ATTEMPTS]: attempts, [DUE]: Date.now() + stage.afterMs, ...prefixed(ORIGIN, { ...origin, reason: reasonOf(reason) }) };
  return record(message, stage.topic, facts);
}

/** The record for the dead letters: as it was, with `dead_letter_*` headers. Where it was first read, not in which stage it was given up. */
export function deadLetter(message: KafkaMessage, topic: string, origin: Origin, attempts: number, reason: Error): OutgoingRecord {
  return record(message, topic, prefixed("dead_letter_", { ...origin, attempts, reason: reasonOf(reason) }));
}

/** The same for a record that with these headers is larger than the broker takes. */
export function withoutValue(record: OutgoingRecord): OutgoingRecord {
  return { ...record, value: null, headers: { ...record.headers, dead_letter_value: "too large; it is where it was read" } };
}

/** Of an error, what is told of it in headers and logs. */
export function reasonOf({ message }: Error): string {
  return message.length > REASON ? `${message.slice(0, REASON)}…` : message;
}

/** Undefined for a record that comes straight from its producer. */
export function retriedOf({ headers = {} }: KafkaMessage): Retried | undefined {
  if (headers[ATTEMPTS] === undefined || headers[DUE] === undefined) return undefined;
  const [group = "", topic = "", partition, offset = ""] = FIELDS.map((name) => text(headers, ORIGIN + name));
  return {
    attempts: Number(text(headers, ATTEMPTS)),
    dueMs: Number(text(headers, DUE)),
    origin: { group, topic, partition: Number(partition), offset },
  };
}

/** The text of a header; undefined when the record has none of that name. */
export function text(headers: IHeaders | undefined, name: string): string | undefined {
  return headers?.[name]?.toString();
}

/** Headers of an earlier stage make way; others stay byte for byte. */
function record({ key, value, headers = {} }: KafkaMessage, topic: string, facts: Record<string, string | number>): OutgoingRecord {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith(ORIGIN));
  return {
    topic,
    key,
    value,
    headers: Object.fromEntries([...kept, ...Object.entries(facts).map(([name, value]) => [name, String(value)])]),
  };
}

function prefixed(prefix: string, facts: Record<string, string | number>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [prefix + name, value]));
}
