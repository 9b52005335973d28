import { headerText, type RecordHeaders } from "../record.ts";

/** Header of a placeholder record: why its batch cannot be decompressed. */
const REASON_HEADER = "unreadable_batch";

/** The header of a batch. Source: Kafka's protocol guide, RecordBatch of magic 2. */
const BATCH_LAYOUT = { bytes: 61, length: 8, magic: 16, lastOffsetDelta: 23, count: 57 };
/** The field `length` counts neither the base offset nor itself. */
const UNCOUNTED_BYTES = 12;

/**
 * Creates placeholders for the records of a batch that cannot be decompressed: the same number, at
 * the same offsets, without key and value, each with a header that says why. One such batch makes
 * kafkajs fail the whole fetch again and again; with placeholders a consumer can send the records
 * to the dead letters and read on.
 *
 * @param compressed the end of a batch as kafkajs hands it to a codec: the batch's header precedes
 * it in the same memory
 * @returns undefined if the header does not, or if the placeholders exceed `maxBytes`
 */
export function createPlaceholderRecords(compressed: Buffer, reason: string, maxBytes: number): Buffer | undefined {
  const start = compressed.byteOffset - BATCH_LAYOUT.bytes;
  if (start < 0) return undefined;
  const batch = Buffer.from(compressed.buffer, start, BATCH_LAYOUT.bytes);
  if (batch.readInt8(BATCH_LAYOUT.magic) !== 2) return undefined;
  if (batch.readInt32BE(BATCH_LAYOUT.length) !== BATCH_LAYOUT.bytes - UNCOUNTED_BYTES + compressed.length)
    return undefined;
  const [count, last] = [batch.readInt32BE(BATCH_LAYOUT.count), batch.readInt32BE(BATCH_LAYOUT.lastOffsetDelta)];
  const text = `its batch of ${count} records cannot be decompressed: ${reason}`;
  const tail = Buffer.concat([NULL_KEY_AND_VALUE, encodeVarint(1), encodeString(REASON_HEADER), encodeString(text)]);
  if (count > last + 1 || count * tail.length > maxBytes) return undefined;
  // A compacted topic has gaps; only the last offset must be right, for a consumer to go on from.
  const offsets = Array.from({ length: count }, (_, index) => (index === count - 1 ? last : index));
  return Buffer.concat(offsets.map((offset) => encodeRecord(offset, tail)));
}

/** The reason if a record is a placeholder; undefined for any other record. */
export function unreadableBatchReason(headers: RecordHeaders | undefined): string | undefined {
  return headerText(headers, REASON_HEADER);
}

const NULL_KEY_AND_VALUE = Buffer.concat([encodeVarint(-1), encodeVarint(-1)]);
const ATTRIBUTES_AND_TIMESTAMP_DELTA = Buffer.from([0, 0]);

function encodeRecord(offsetDelta: number, tail: Buffer): Buffer {
  const body = Buffer.concat([ATTRIBUTES_AND_TIMESTAMP_DELTA, encodeVarint(offsetDelta), tail]);
  return Buffer.concat([encodeVarint(body.length), body]);
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([encodeVarint(bytes.length), bytes]);
}

/** Zigzag-encoded, seven bits a byte. */
function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
