import { InputBuffer, OutputBuffer } from "./byte-buffers.ts";

const MAGIC = 0x184d2204;
const VERSION = 1;
const FLAGS = { blockChecksums: 0x10, contentSize: 0x08, dictionary: 0x01 };
const UNCOMPRESSED_BLOCK = 0x8000_0000;
const MIN_MATCH_BYTES = 4;

/**
 * Decompresses an LZ4 frame. It skips the frame's checksums: the broker has checked the whole
 * batch.
 *
 * Source: lz4_Frame_format.md 1.6.4 and lz4_Block_format.md of the reference implementation.
 *
 * @throws Error saying what is wrong with it
 */
export function decompressLz4(bytes: Buffer): Buffer {
  const input = new InputBuffer(bytes);
  if (input.readUintLE(4) !== MAGIC) throw new Error("it does not start like an LZ4 frame");
  const flags = input.readByte();
  if (flags >> 6 !== VERSION) throw new Error(`it is an LZ4 frame of version ${flags >> 6}, not ${VERSION}`);
  if (flags & FLAGS.dictionary) throw new Error("it needs a dictionary");
  // Skips the block size, the content size and the header's checksum.
  input.readSlice(1 + (flags & FLAGS.contentSize ? 8 : 0) + 1);
  const output = new OutputBuffer(4 * bytes.length);
  for (let header = input.readUintLE(4); header !== 0; header = input.readUintLE(4)) {
    if (header >= UNCOMPRESSED_BLOCK) output.copyLiteral(input, header - UNCOMPRESSED_BLOCK);
    else decompressBlock(input.readSlice(header), output);
    if (flags & FLAGS.blockChecksums) input.readSlice(4);
  }
  return output.toBuffer();
}

function decompressBlock(block: InputBuffer, output: OutputBuffer): void {
  while (block.position < block.end) {
    const token = block.readByte();
    output.copyLiteral(block, readLength(block, token >> 4));
    // The last sequence of a block has no match.
    if (block.position === block.end) return;
    const distance = block.readUintLE(2);
    output.copyMatch(distance, readLength(block, token & 15) + MIN_MATCH_BYTES);
  }
}

/** 15 means that more bytes follow, up to the first that is not 255. */
function readLength(block: InputBuffer, nibble: number): number {
  let sum = nibble;
  if (nibble < 15) return sum;
  for (;;) {
    const more = block.readByte();
    sum += more;
    if (more < 255) return sum;
  }
}
