import { headerText, type RecordHeaders } from "../record.ts";

/** A header of the records that stand for those of a batch which cannot be decompressed: why. */
const REASON_HEADER = "unreadable_batch";

/**
 * What comes before the compressed records of a batch. Source: Kafka's protocol guide, RecordBatch
 * of magic 2.
 */
const BATCH_LAYOUT = { bytes: 61, length: 8, magic: 16, lastOffsetDelta: 23, count: 57 };
/** Of a batch, what its field `length` does not count: the offset and itself. */
const UNCOUNTED_BYTES = 12;

/**
 * Records in place of those that `compressed` does not yield: as many, at their offsets, with
 * neither key nor value, each with a header that says why. kafkajs fails a fetch as a whole for one
 * such batch, and for ever; like this a consumer can put its records aside and read on.
 *
 * @param compressed as kafkajs hands it to a codec: the end of a batch, whose beginning stands
 * before it in the same memory
 * @returns undefined where that is not so, or when the batch claims so many records that standing
 * for them would not fit into `most` bytes
 */
export function createPlaceholderRecords(compressed: Buffer, reason: string, most: number): Buffer | undefined {
  const begin = compressed.byteOffset - BATCH_LAYOUT.bytes;
  if (begin < 0) return undefined;
  const batch = Buffer.from(compressed.buffer, begin, BATCH_LAYOUT.bytes);
  if (batch.readInt8(BATCH_LAYOUT.magic) !== 2) return undefined;
  if (batch.readInt32BE(BATCH_LAYOUT.length) !== BATCH_LAYOUT.bytes - UNCOUNTED_BYTES + compressed.length)
    return undefined;
  const [count, last] = [batch.readInt32BE(BATCH_LAYOUT.count), batch.readInt32BE(BATCH_LAYOUT.lastOffsetDelta)];
  const text = `its batch of ${count} records cannot be decompressed: ${reason}`;
  const tail = Buffer.concat([NULL_KEY_AND_VALUE, encodeVarint(1), encodeString(REASON_HEADER), encodeString(text)]);
  if (count > last + 1 || count * tail.length > most) return undefined;
  // Gaps are of a compacted topic: the last offset is what a consumer goes on from.
  const offsets = Array.from({ length: count }, (_, index) => (index === count - 1 ? last : index));
  return Buffer.concat(offsets.map((offset) => encodeRecord(offset, tail)));
}

/** Why there is no event in a record; undefined for any that came as it was written. */
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

/** Zigzag, then seven bits a byte. */
function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
