/** More than this no batch has when it is decompressed: producers do not gather more than a broker takes, 1 MiB by default, and some count before they compress. */
export const MOST_DECOMPRESSED = 16 << 20;

const SHORT = 32;

/** Why a batch is not taken apart, for all codecs alike. */
export function tooLarge(): Error {
  return new Error(`it is larger than ${MOST_DECOMPRESSED >> 20} MiB when decompressed`);
}

/** What was compressed, read byte by byte; never beyond its end. */
export class Compressed {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    if (end > bytes.length) throw new Error("it ends too early");
  }

  byte(): number {
    if (this.at >= this.end) throw new Error("it ends too early");
    return this.bytes[this.at++] as number;
  }

  /** A number of `count` bytes, the lowest first. */
  little(count: number): number {
    let value = 0;
    for (let place = 1; count > 0; count--, place *= 256) value += this.byte() * place;
    return value;
  }

  /** The next `length` bytes by themselves. */
  part(length: number): Compressed {
    const part = new Compressed(this.bytes, this.at, this.at + length);
    this.at += length;
    if (this.at > this.end) throw new Error("it ends too early");
    return part;
  }
}

/** What comes out, which later parts refer back to. It grows as it is filled: what a header says of its size need not be true. */
export class Decompressed {
  private bytes: Buffer;
  length = 0;

  constructor(expected: number) {
    this.bytes = Buffer.allocUnsafe(Math.min(expected, MOST_DECOMPRESSED));
  }

  /** Takes the next `length` bytes over as they are. */
  literal(from: Compressed, length: number): void {
    const { at } = from;
    if (at + length > from.end) throw new Error("it ends too early");
    this.reserve(length);
    if (length > SHORT) from.bytes.copy(this.bytes, this.length, at, at + length);
    else for (let index = 0; index < length; index++) this.bytes[this.length + index] = from.bytes[at + index] as number;
    from.at += length;
    this.length += length;
  }

  /** Repeats `length` bytes from `distance` before the end; they may overlap what they make. */
  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.length) throw new Error("it refers to what is not there");
    this.reserve(length);
    const from = this.length - distance;
    if (length > SHORT && length <= distance) this.bytes.copyWithin(this.length, from, from + length);
    else for (let index = 0; index < length; index++) this.bytes[this.length + index] = this.bytes[from + index] as number;
    this.length += length;
  }

  result(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(length: number): void {
    const needed = this.length + length;
    if (needed <= this.bytes.length) return;
    if (needed > MOST_DECOMPRESSED) throw tooLarge();
    const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, 2 * this.bytes.length), MOST_DECOMPRESSED));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
