import { InputBuffer, OutputBuffer } from "./byte-buffers.ts";

const MAGIC = 0x184d2204;
const VERSION = 1;
const FLAGS = { blockChecksums: 0x10, contentSize: 0x08, dictionary: 0x01 };
const UNCOMPRESSED_BLOCK = 0x8000_0000;
const MIN_MATCH_BYTES = 4;

/**
 * Of an LZ4 frame its content. Checksums are passed over: a broker has compared that of the whole
 * batch.
 *
 * Source: lz4_Frame_format.md 1.6.4 and lz4_Block_format.md of the reference implementation.
 *
 * @throws Error saying what is wrong with it
 */
export function decompressLz4(bytes: Buffer): Buffer {
  const from = new InputBuffer(bytes);
  if (from.readUintLE(4) !== MAGIC) throw new Error("it does not begin as an LZ4 frame does");
  const flags = from.readByte();
  if (flags >> 6 !== VERSION) throw new Error(`it is an LZ4 frame of version ${flags >> 6}, not ${VERSION}`);
  if (flags & FLAGS.dictionary) throw new Error("it needs a dictionary");
  // Size of blocks, then that of the content, then a checksum of both: none is needed.
  from.readSlice(1 + (flags & FLAGS.contentSize ? 8 : 0) + 1);
  const to = new OutputBuffer(4 * bytes.length);
  for (let header = from.readUintLE(4); header !== 0; header = from.readUintLE(4)) {
    if (header >= UNCOMPRESSED_BLOCK) to.copyLiteral(from, header - UNCOMPRESSED_BLOCK);
    else decompressBlock(from.readSlice(header), to);
    if (flags & FLAGS.blockChecksums) from.readSlice(4);
  }
  return to.toBuffer();
}

function decompressBlock(block: InputBuffer, to: OutputBuffer): void {
  while (block.position < block.end) {
    const token = block.readByte();
    to.copyLiteral(block, readLength(block, token >> 4));
    // The last sequence of a block is without a match.
    if (block.position === block.end) return;
    const distance = block.readUintLE(2);
    to.copyMatch(distance, readLength(block, token & 15) + MIN_MATCH_BYTES);
  }
}

/** 15 says that more follows, until a byte is not 255. */
function readLength(block: InputBuffer, nibble: number): number {
  let sum = nibble;
  if (nibble < 15) return sum;
  for (;;) {
    const more = block.readByte();
    sum += more;
    if (more < 255) return sum;
  }
}
