import { Nesting } from "./nesting.ts";

/** What `toString` calls, after checks that take half of a short text's time. */
type SliceableBuffer = Buffer & { utf8Slice(start: number, end: number): string };

/** Bytes of a value in Avro's binary encoding. Reading past their end throws. */
export class ByteSource {
  readonly buffer: Buffer;
  position: number;
  readonly #nesting = new Nesting();
  /** Items of no bytes that a value may still have. */
  #emptyItems = MAX_EMPTY_ITEMS;

  constructor(buffer: Buffer, position = 0) {
    this.buffer = buffer;
    this.position = position;
  }

  get remaining(): number {
    return this.buffer.length - this.position;
  }

  readBoolean(): boolean {
    const byte = this.buffer[this.advance(1)]!;
    // Libraries differ in what another byte means: false in Java, true elsewhere.
    if (byte > 1) throw new Error(`the byte ${byte} for a boolean, which is 0 or 1`);
    return byte === 1;
  }

  readInt(): number {
    const value = this.readApproximateLong();
    if (value !== (value | 0)) throw new Error(`an int of ${value}, which has more than 32 bits`);
    return value;
  }

  /** @throws for a value that a JavaScript number does not hold exactly */
  readLong(): number {
    const value = this.readApproximateLong();
    if (!Number.isSafeInteger(value)) throw new Error("a long beyond ±(2^53 - 1), which no number holds exactly");
    return value;
  }

  /** Rounded to the nearest double, as the promotion of a long to one. */
  readApproximateLong(): number {
    const { buffer } = this;
    let at = this.position;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = buffer[at++];
      if (byte === undefined) throw cutShort();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = at;
        return (low >>> 1) ^ -(low & 1);
      }
    }
    let high = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = buffer[at++];
      if (byte === undefined) throw cutShort();
      if (at - this.position > 10) throw new Error("a number of more than 64 bits");
      high += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    this.position = at;
    // The sign's 1 joins the low bits, so that one addition alone rounds.
    return (low & 1) === 0 ? (low >>> 1) + high * 134_217_728 : -((low >>> 1) + 1 + high * 134_217_728);
  }

  /** Rounded to the nearest float at once: by way of a double, it could be the second nearest. */
  readLongAsFloat(): number {
    const { position } = this;
    const value = this.readApproximateLong();
    if (Number.isSafeInteger(value)) return Math.fround(value);
    this.position = position;
    // A float keeps 24 bits. What lies far below them only matters as "more than nothing".
    const exact = this.readBigLong();
    return Math.fround(Number(((exact >> 12n) | (exact & 0xfffn ? 1n : 0n)) << 12n));
  }

  readBigLong(): bigint {
    let zigzag = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.buffer[this.advance(1)]!;
      if (shift > 63n) throw new Error("a number of more than 64 bits");
      zigzag |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
    }
  }

  readFloat(): number {
    return this.buffer.readFloatLE(this.advance(4));
  }

  readDouble(): number {
    return this.buffer.readDoubleLE(this.advance(8));
  }

  readString(): string {
    const length = this.readLong();
    const start = this.advance(length);
    return (this.buffer as SliceableBuffer).utf8Slice(start, start + length);
  }

  readBytes(): Buffer {
    return this.readFixed(this.readLong());
  }

  /** A copy, which does not keep the whole record alive. */
  readFixed(length: number): Buffer {
    const start = this.advance(length);
    return Buffer.from(this.buffer.subarray(start, start + length));
  }

  /**
   * Items in the next block of an array or a map; 0 at its end.
   *
   * @param least bytes of an item. Items of no bytes are bounded too, over all blocks: a record of
   *   a few bytes must not fill the memory
   */
  readBlockCount(least: number): number {
    const count = this.readLong();
    if (count < 0) this.readLong();
    const items = Math.abs(count);
    if (least === 0) this.#emptyItems -= items;
    if (least > 0 ? items * least > this.remaining : this.#emptyItems < 0)
      throw new Error(`a block of ${items} items in ${this.remaining} bytes`);
    return items;
  }

  /** The branch of a union that the next number names. */
  pickBranch<T>(branches: readonly T[]): T {
    const index = this.readLong();
    const branch = branches[index];
    if (branch === undefined) throw new Error(`branch ${index} of a union that has ${branches.length}`);
    return branch;
  }

  /** Reads a record that may be inside another of its type. */
  readNested<T>(read: (source: this) => T): T {
    this.#nesting.enter();
    const value = read(this);
    this.#nesting.leave();
    return value;
  }

  /** Moves on, and returns where it was. */
  advance(bytes: number): number {
    const start = this.position;
    if (bytes < 0 || start + bytes > this.buffer.length) throw cutShort();
    this.position = start + bytes;
    return start;
  }
}

const MAX_EMPTY_ITEMS = 1_000_000;

function cutShort(): Error {
  return new Error("the bytes end before the value does");
}
