import { redactMessage } from "../core/redacted-text.ts";
import { headerText, type OutgoingRecord, type ReceivedRecord } from "./record.ts";

/** A topic in which an event waits before it is tried again. */
export interface RetryStage {
  topic: string;
  /**
   * Milliseconds from a failure to the next attempt. Each stage has its topic, so that no record
   * waits behind one with a longer delay.
   */
  delayMs: number;
}

/** Where a record was first read, and the group that failed to apply it. */
export interface RecordOrigin {
  group: string;
  topic: string;
  partition: number;
  offset: string;
}

/** The headers of a retried record. */
export interface RetryState {
  /** Failed attempts. */
  attempts: number;
  /** Earliest time of the next attempt, in milliseconds since 1970. */
  dueMs: number;
  origin: RecordOrigin;
}

/** Stages with delays of 1 s, 10 s, 100 s, and so on. */
export function createRetryStages(topics: readonly string[], firstMs = 1000): RetryStage[] {
  return topics.map((topic, stage) => ({ topic, delayMs: firstMs * 10 ** stage }));
}

const ATTEMPTS_HEADER = "retry_attempts";
const DUE_HEADER = "retry_due";
const RETRY_HEADER_PREFIX = "retry_";
/**
 * A database's message may repeat the value that it refused: untruncated, the record would be
 * larger than any broker accepts.
 */
const MAX_REASON_CHARS = 1000;
const ORIGIN_FIELDS = ["group", "topic", "partition", "offset"] as const;
const DEAD_LETTER_HEADER_PREFIX = "dead_letter_";
/** Not by their prefix: a producer may write such headers, too. */
const DEAD_LETTER_HEADERS = new Set(
  [...ORIGIN_FIELDS, "attempts", "reason", "value"].map((field) => DEAD_LETTER_HEADER_PREFIX + field),
);

/**
 * The record for a stage: as it was read, with headers for attempts, due time, origin and reason.
 */
export function toRetryRecord(
  message: ReceivedRecord,
  stage: RetryStage,
  origin: RecordOrigin,
  attempts: number,
  reason: unknown,
): OutgoingRecord {
  const facts = {
    [ATTEMPTS_HEADER]: attempts,
    [DUE_HEADER]: Date.now() + stage.delayMs,
    ...prefixKeys(RETRY_HEADER_PREFIX, { ...origin, reason: truncateReason(reason) }),
  };
  return copyWithHeaders(message, stage.topic, facts);
}

/**
 * The record for the dead letters: as it was read, with `dead_letter_*` headers. Its origin is
 * where it was first read, not the stage of the last attempt.
 */
export function toDeadLetter(
  message: ReceivedRecord,
  topic: string,
  origin: RecordOrigin,
  attempts: number,
  reason: unknown,
): OutgoingRecord {
  return copyWithHeaders(
    message,
    topic,
    prefixKeys(DEAD_LETTER_HEADER_PREFIX, { ...origin, attempts, reason: truncateReason(reason) }),
  );
}

/** For a record that is too large for the broker once it has these headers. */
export function dropValue(record: OutgoingRecord): OutgoingRecord {
  return {
    ...record,
    value: null,
    headers: { ...record.headers, [`${DEAD_LETTER_HEADER_PREFIX}value`]: "too large; it is where it was read" },
  };
}

/** For a record whose key or headers alone leave no room: what is left says where it was read. */
export function dropContent(deadLetter: OutgoingRecord): OutgoingRecord {
  const own = Object.entries(dropValue(deadLetter).headers ?? {}).filter(([name]) => DEAD_LETTER_HEADERS.has(name));
  return { ...deadLetter, key: null, value: null, headers: Object.fromEntries(own) };
}

/** The reason of a failure as headers and logs show it. */
export function truncateReason(reason: unknown): string {
  const message = redactMessage(reason);
  return message.length > MAX_REASON_CHARS ? `${message.slice(0, MAX_REASON_CHARS)}…` : message;
}

/** Returns undefined for a record that comes straight from its producer. */
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

/**
 * Returns a function that reads what a record of a stage says of itself. On any other topic the
 * headers are its producer's own words: believed, they would have a group skip the record.
 */
export function createRetryStateReader(
  stages: readonly RetryStage[],
): (topic: string, record: ReceivedRecord) => RetryState | undefined {
  const topics = new Set(stages.map(({ topic }) => topic));
  return (topic, record) => (topics.has(topic) ? readRetryState(record) : undefined);
}

/** Replaces the headers of an earlier stage and keeps all others byte for byte. */
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
