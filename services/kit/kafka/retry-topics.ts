import { headerText, type OutgoingRecord, type ReceivedRecord } from "./record.ts";

/** A topic in which an event waits before it is tried again. */
export interface RetryStage {
  topic: string;
  /**
   * Milliseconds from a failure until the next attempt. Each stage has a topic of its own, so that
   * nobody waits behind one who waits longer.
   */
  delayMs: number;
}

/** Where a record came from, and who failed at it. */
export interface RecordOrigin {
  group: string;
  topic: string;
  partition: number;
  offset: string;
}

/** What the headers of a retried record say. */
export interface RetryState {
  /** Attempts that failed. */
  attempts: number;
  /** Not before: milliseconds since 1970. */
  dueMs: number;
  origin: RecordOrigin;
}

/** Of the stages, in order: 1 s, 10 s, 100 s. */
export function createRetryStages(topics: readonly string[], firstMs = 1000): RetryStage[] {
  return topics.map((topic, stage) => ({ topic, delayMs: firstMs * 10 ** stage }));
}

const ATTEMPTS_HEADER = "retry_attempts";
const DUE_HEADER = "retry_due";
const RETRY_HEADER_PREFIX = "retry_";
/**
 * Characters of a reason: a database's may repeat the whole value that it refused, and the record
 * would be larger than any broker takes.
 */
const MAX_REASON_CHARS = 1000;
const ORIGIN_FIELDS = ["group", "topic", "partition", "offset"] as const;

/**
 * The record for a stage: what was read, with headers that say how often it was tried, when it is
 * due, where it came from and why it failed.
 */
export function toRetryRecord(
  message: ReceivedRecord,
  stage: RetryStage,
  origin: RecordOrigin,
  attempts: number,
  reason: Error,
): OutgoingRecord {
  const facts = {
    [ATTEMPTS_HEADER]: attempts,
    [DUE_HEADER]: Date.now() + stage.delayMs,
    ...prefixKeys(RETRY_HEADER_PREFIX, { ...origin, reason: truncateReason(reason) }),
  };
  return copyWithHeaders(message, stage.topic, facts);
}

/**
 * The record for the dead letters: as it was, with `dead_letter_*` headers. Where it was first
 * read, not in which stage it was given up.
 */
export function toDeadLetter(
  message: ReceivedRecord,
  topic: string,
  origin: RecordOrigin,
  attempts: number,
  reason: Error,
): OutgoingRecord {
  return copyWithHeaders(
    message,
    topic,
    prefixKeys("dead_letter_", { ...origin, attempts, reason: truncateReason(reason) }),
  );
}

/** The same for a record that with these headers is larger than the broker takes. */
export function dropValue(record: OutgoingRecord): OutgoingRecord {
  return {
    ...record,
    value: null,
    headers: { ...record.headers, dead_letter_value: "too large; it is where it was read" },
  };
}

/** Of an error, what is told of it in headers and logs. */
export function truncateReason({ message }: Error): string {
  return message.length > MAX_REASON_CHARS ? `${message.slice(0, MAX_REASON_CHARS)}…` : message;
}

/** Undefined for a record that comes straight from its producer. */
export function readRetryState({ headers = {} }: ReceivedRecord): RetryState | undefined {
  if (headers[ATTEMPTS_HEADER] === undefined || headers[DUE_HEADER] === undefined) return undefined;
  const [group = "", topic = "", partition, offset = ""] = ORIGIN_FIELDS.map((name) =>
    headerText(headers, RETRY_HEADER_PREFIX + name),
  );
  return {
    attempts: Number(headerText(headers, ATTEMPTS_HEADER)),
    dueMs: Number(headerText(headers, DUE_HEADER)),
    origin: { group, topic, partition: Number(partition), offset },
  };
}

/** Headers of an earlier stage make way; others stay byte for byte. */
function copyWithHeaders(
  { key, value, headers = {} }: ReceivedRecord,
  topic: string,
  facts: Record<string, string | number>,
): OutgoingRecord {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith(RETRY_HEADER_PREFIX));
  return {
    topic,
    key,
    value,
    headers: Object.fromEntries([...kept, ...Object.entries(facts).map(([name, value]) => [name, String(value)])]),
  };
}

function prefixKeys(prefix: string, facts: Record<string, string | number>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [prefix + name, value]));
}
