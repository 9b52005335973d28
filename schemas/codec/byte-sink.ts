import { Nesting } from "./nesting.ts";

const INITIAL_BYTES = 16_384;
/** A larger buffer serves one value only, and is not kept. */
const KEPT_BYTES = 1 << 20;
const SHORT_STRING = 64;

/** A buffer that grows, for Avro's binary encoding. */
export class ByteSink {
  buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  position = 0;
  readonly #nesting = new Nesting();

  /** Starts again, with room for `header` bytes that the caller writes. */
  reset(header: number): void {
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    this.position = header;
    this.#nesting.reset();
  }

  /** Writes a record that may be inside another of its type. */
  writeNested(write: (sink: this, value: unknown) => void, value: unknown): void {
    this.#nesting.enter();
    write(this, value);
    this.#nesting.leave();
  }

  /** A copy of what was written. */
  copy(): Buffer {
    const bytes = Buffer.allocUnsafe(this.position);
    bytes.set(this.buffer.subarray(0, this.position));
    return bytes;
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.buffer[this.position++] = byte;
  }

  /** @param value a safe integer */
  writeLong(value: number): void {
    this.reserve(10);
    const { buffer } = this;
    if (value >= -1073741824 && value < 1073741824) {
      let zigzag = (value << 1) ^ (value >> 31);
      while (zigzag & ~0x7f) {
        buffer[this.position++] = (zigzag & 0x7f) | 0x80;
        zigzag >>>= 7;
      }
      buffer[this.position++] = zigzag;
      return;
    }
    // Twice the value may exceed 2^53, so the sign joins the lowest six bits instead.
    let rest = value < 0 ? -(value + 1) : value;
    buffer[this.position++] = ((rest & 0x3f) << 1) | (value < 0 ? 1 : 0) | 0x80;
    rest = Math.floor(rest / 64);
    while (rest >= 128) {
      buffer[this.position++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    buffer[this.position++] = rest;
  }

  /** @param value of 64 bits */
  writeBigLong(value: bigint): void {
    this.reserve(10);
    let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    for (; zigzag > 0x7fn; zigzag >>= 7n) this.buffer[this.position++] = Number(zigzag & 0x7fn) | 0x80;
    this.buffer[this.position++] = Number(zigzag);
  }

  writeFloat(value: number): void {
    this.reserve(4);
    this.position = this.buffer.writeFloatLE(value, this.position);
  }

  writeDouble(value: number): void {
    this.reserve(8);
    this.position = this.buffer.writeDoubleLE(value, this.position);
  }

  writeString(text: string): void {
    if (text.length < SHORT_STRING && this.writeShortAscii(text)) return;
    const length = Buffer.byteLength(text);
    this.writeLong(length);
    this.reserve(length);
    this.buffer.write(text, this.position, length, "utf8");
    this.position += length;
  }

  writeBytes(bytes: Uint8Array): void {
    this.writeLong(bytes.length);
    this.writeFixed(bytes);
  }

  writeFixed(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** Quicker than a copy by Node. Returns false, with nothing written, if it is not ASCII. */
  private writeShortAscii(text: string): boolean {
    const { length } = text;
    this.reserve(length + 1);
    const { buffer } = this;
    let at = this.position + 1;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[at++] = code;
    }
    buffer[this.position] = length << 1;
    this.position = at;
    return true;
  }

  private reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.position + bytes));
    larger.set(this.buffer.subarray(0, this.position));
    this.buffer = larger;
  }
}
