import { InputBuffer, MAX_DECOMPRESSED_BYTES, OutputBuffer, tooLargeError } from "./byte-buffers.ts";

/**
 * Of the frame that Java's client puts around blocks of 32 KiB. No block begins like that: it would
 * refer to what is not there.
 */
const XERIAL_MAGIC = Buffer.from([0x82, ...Buffer.from("SNAPPY"), 0]);
/** Version, and the oldest that can read it. */
const VERSIONS_BYTES = 8;

/**
 * Of what producers write as snappy its content: one block, or blocks in the frame of
 * `org.xerial.snappy`.
 *
 * Source: format_description.txt of google/snappy; `SnappyOutputStream` of xerial/snappy-java.
 *
 * @throws Error saying what is wrong with it
 */
export function decompressSnappy(bytes: Buffer): Buffer {
  const from = new InputBuffer(bytes);
  const to = new OutputBuffer(4 * bytes.length);
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) decompressBlock(from, to);
  else {
    from.readSlice(XERIAL_MAGIC.length + VERSIONS_BYTES);
    while (from.position < from.end) {
      const { position } = from.readSlice(4);
      decompressBlock(from.readSlice(bytes.readUInt32BE(position)), to);
    }
  }
  return to.toBuffer();
}

function decompressBlock(block: InputBuffer, to: OutputBuffer): void {
  const size = readVarint(block);
  if (size > MAX_DECOMPRESSED_BYTES) throw tooLargeError();
  const end = to.length + size;
  while (block.position < block.end) {
    const tag = block.readByte();
    const upper = tag >> 2;
    switch (tag & 3) {
      case 0:
        // From 60 on the length follows, in one to four bytes.
        to.copyLiteral(block, 1 + (upper < 60 ? upper : block.readUintLE(upper - 59)));
        break;
      case 1:
        to.copyMatch((upper >> 3) * 256 + block.readByte(), 4 + (upper & 7));
        break;
      case 2:
        to.copyMatch(block.readUintLE(2), 1 + upper);
        break;
      default:
        to.copyMatch(block.readUintLE(4), 1 + upper);
    }
  }
  if (to.length !== end) throw new Error(`it has ${to.length - end + size} bytes where its header says ${size}`);
}

function readVarint(block: InputBuffer): number {
  let value = 0;
  for (let place = 1; place <= 128 ** 4; place *= 128) {
    const byte = block.readByte();
    value += (byte & 127) * place;
    if (byte < 128) return value;
  }
  throw new Error("its header is no length");
}
