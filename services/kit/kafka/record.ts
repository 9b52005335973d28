/**
 * Records as the kit sees them. Only bus.ts, group-member.ts, lag.ts and compression/codecs.ts know
 * the Kafka client, so that it can be changed there.
 */

/**
 * Most bytes sent to one partition in one request, and therefore the largest event. A broker takes
 * 1 MiB by default; the rest is left for keys, headers and frames.
 */
export const MAX_RECORD_BYTES = 900_000;

/** Header values by name. The client reads them as bytes; a producer may give text. */
export type RecordHeaders = Record<string, Buffer | string | (Buffer | string)[] | undefined>;

/** A record to write. Its key decides the partition, and records of one partition stay in order. */
export interface OutgoingRecord {
  topic: string;
  key: string | Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
}

/** A record as a consumer reads it. */
export interface ReceivedRecord {
  key: Buffer | null;
  value: Buffer | null;
  headers?: RecordHeaders;
  /** A whole number as text: offsets exceed 2^53. */
  offset: string;
  /** Milliseconds since 1970, as text. */
  timestamp: string;
}

/** A record that no retry makes readable. */
export class UnreadableRecord extends Error {}

/** The text of a header; undefined if the record has no header of that name. */
export function headerText(headers: RecordHeaders | undefined, name: string): string | undefined {
  return headers?.[name]?.toString();
}
