/**
 * Larger than any honest batch: producers gather no more than a broker accepts, 1 MiB by default,
 * and some count the bytes before compression.
 */
export const MAX_DECOMPRESSED_BYTES = 16 << 20;

const SHORT_COPY_BYTES = 32;

/** The same error for all codecs. */
export function tooLargeError(): Error {
  return new Error(`it is larger than ${MAX_DECOMPRESSED_BYTES >> 20} MiB when decompressed`);
}

/** Compressed bytes, read one by one and never beyond their end. */
export class InputBuffer {
  readonly bytes: Buffer;
  position: number;
  readonly end: number;

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    if (end > bytes.length) throw new Error("it ends too early");
  }

  readByte(): number {
    if (this.position >= this.end) throw new Error("it ends too early");
    return this.bytes[this.position++] as number;
  }

  /** A little-endian number of `count` bytes. */
  readUintLE(count: number): number {
    let value = 0;
    for (let place = 1; count > 0; count--, place *= 256) value += this.readByte() * place;
    return value;
  }

  /** The next `length` bytes as a separate input. */
  readSlice(length: number): InputBuffer {
    const part = new InputBuffer(this.bytes, this.position, this.position + length);
    this.position += length;
    if (this.position > this.end) throw new Error("it ends too early");
    return part;
  }
}

/**
 * Decompressed bytes, to which later parts refer back. The buffer grows as it is filled, because a
 * header may lie about the size.
 */
export class OutputBuffer {
  private bytes: Buffer;
  length = 0;

  constructor(expected: number) {
    this.bytes = Buffer.allocUnsafe(Math.min(expected, MAX_DECOMPRESSED_BYTES));
  }

  /** Copies the next `length` bytes of the input. */
  copyLiteral(from: InputBuffer, length: number): void {
    const { position } = from;
    if (position + length > from.end) throw new Error("it ends too early");
    this.reserve(length);
    if (length > SHORT_COPY_BYTES) from.bytes.copy(this.bytes, this.length, position, position + length);
    else
      for (let index = 0; index < length; index++)
        this.bytes[this.length + index] = from.bytes[position + index] as number;
    from.position += length;
    this.length += length;
  }

  /** Repeats `length` bytes from `distance` before the end; source and copy may overlap. */
  copyMatch(distance: number, length: number): void {
    if (distance === 0 || distance > this.length) throw new Error("it refers to what is not there");
    this.reserve(length);
    const from = this.length - distance;
    if (length > SHORT_COPY_BYTES && length <= distance) this.bytes.copyWithin(this.length, from, from + length);
    else
      for (let index = 0; index < length; index++) this.bytes[this.length + index] = this.bytes[from + index] as number;
    this.length += length;
  }

  toBuffer(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(length: number): void {
    const needed = this.length + length;
    if (needed <= this.bytes.length) return;
    if (needed > MAX_DECOMPRESSED_BYTES) throw tooLargeError();
    const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, 2 * this.bytes.length), MAX_DECOMPRESSED_BYTES));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
