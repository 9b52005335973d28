import { InputBuffer, MAX_DECOMPRESSED_BYTES, OutputBuffer, tooLargeError } from "./byte-buffers.ts";

/**
 * Start of the frame that Java's client puts around blocks of 32 KiB. A plain block cannot start
 * with these bytes: it would refer to bytes before its start.
 */
const XERIAL_MAGIC = Buffer.from([0x82, ...Buffer.from("SNAPPY"), 0]);
/** The version and the oldest compatible version. */
const VERSIONS_BYTES = 8;

/**
 * Decompresses what producers write as snappy: one block, or blocks in the frame of
 * `org.xerial.snappy`.
 *
 * Source: format_description.txt of google/snappy; `SnappyOutputStream` of xerial/snappy-java.
 *
 * @throws Error saying what is wrong with it
 */
export function decompressSnappy(bytes: Buffer): Buffer {
  const input = new InputBuffer(bytes);
  const output = new OutputBuffer(4 * bytes.length);
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) decompressBlock(input, output);
  else {
    input.readSlice(XERIAL_MAGIC.length + VERSIONS_BYTES);
    while (input.position < input.end) {
      const { position } = input.readSlice(4);
      decompressBlock(input.readSlice(bytes.readUInt32BE(position)), output);
    }
  }
  return output.toBuffer();
}

function decompressBlock(block: InputBuffer, output: OutputBuffer): void {
  const size = readVarint(block);
  if (size > MAX_DECOMPRESSED_BYTES) throw tooLargeError();
  const end = output.length + size;
  while (block.position < block.end) {
    const tag = block.readByte();
    const upper = tag >> 2;
    switch (tag & 3) {
      case 0:
        // 60 to 63: the length follows in one to four bytes.
        output.copyLiteral(block, 1 + (upper < 60 ? upper : block.readUintLE(upper - 59)));
        break;
      case 1:
        output.copyMatch((upper >> 3) * 256 + block.readByte(), 4 + (upper & 7));
        break;
      case 2:
        output.copyMatch(block.readUintLE(2), 1 + upper);
        break;
      default:
        output.copyMatch(block.readUintLE(4), 1 + upper);
    }
  }
  if (output.length !== end)
    throw new Error(`it has ${output.length - end + size} bytes where its header says ${size}`);
}

function readVarint(block: InputBuffer): number {
  let value = 0;
  for (let place = 1; place <= 128 ** 4; place *= 128) {
    const byte = block.readByte();
    value += (byte & 127) * place;
    if (byte < 128) return value;
  }
  throw new Error("its header is not a length");
}
