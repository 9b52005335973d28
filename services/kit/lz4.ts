import { Compressed, Decompressed } from "./decompressed.ts";

const MAGIC = 0x184d2204;
const VERSION = 1;
const FLAGS = { blockChecksums: 0x10, contentSize: 0x08, dictionary: 0x01 };
const STORED = 0x8000_0000;
const SHORTEST_MATCH = 4;

/**
 * Of an LZ4 frame its content. Checksums are passed over: a broker has compared that of the whole batch.
 *
 * Source: lz4_Frame_format.md 1.6.4 and lz4_Block_format.md of the reference implementation.
 *
 * @throws Error saying what is wrong with it
 */
export function fromLz4(bytes: Buffer): Buffer {
  const from = new Compressed(bytes);
  if (from.little(4) !== MAGIC) throw new Error("it does not begin as an LZ4 frame does");
  const flags = from.byte();
  if (flags >> 6 !== VERSION) throw new Error(`it is an LZ4 frame of version ${flags >> 6}, not ${VERSION}`);
  if (flags & FLAGS.dictionary) throw new Error("it needs a dictionary");
  // Size of blocks, then that of the content, then a checksum of both: none is needed.
  from.part(1 + (flags & FLAGS.contentSize ? 8 : 0) + 1);
  const to = new Decompressed(4 * bytes.length);
  for (let header = from.little(4); header !== 0; header = from.little(4)) {
    if (header >= STORED) to.literal(from, header - STORED);
    else decompress(from.part(header), to);
    if (flags & FLAGS.blockChecksums) from.part(4);
  }
  return to.result();
}

function decompress(block: Compressed, to: Decompressed): void {
  while (block.at < block.end) {
    const token = block.byte();
    to.literal(block, length(block, token >> 4));
    // The last sequence of a block is without a match.
    if (block.at === block.end) return;
    const distance = block.little(2);
    to.repeat(distance, length(block, token & 15) + SHORTEST_MATCH);
  }
}

/** 15 says that more follows, until a byte is not 255. */
function length(block: Compressed, nibble: number): number {
  let sum = nibble;
  if (nibble < 15) return sum;
  for (;;) {
    const more = block.byte();
    sum += more;
    if (more < 255) return sum;
  }
}
