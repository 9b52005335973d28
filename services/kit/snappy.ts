import { Compressed, Decompressed, MOST_DECOMPRESSED, tooLarge } from "./decompressed.ts";

/** Of the frame that Java's client puts around blocks of 32 KiB. No block begins like that: it would refer to what is not there. */
const FRAMED = Buffer.from([0x82, ...Buffer.from("SNAPPY"), 0]);
/** Version, and the oldest that can read it. */
const VERSIONS_BYTES = 8;

/**
 * Of what producers write as snappy its content: one block, or blocks in the frame of `org.xerial.snappy`.
 *
 * Source: format_description.txt of google/snappy; `SnappyOutputStream` of xerial/snappy-java.
 *
 * @throws Error saying what is wrong with it
 */
export function fromSnappy(bytes: Buffer): Buffer {
  const from = new Compressed(bytes);
  const to = new Decompressed(4 * bytes.length);
  if (!bytes.subarray(0, FRAMED.length).equals(FRAMED)) decompress(from, to);
  else {
    from.part(FRAMED.length + VERSIONS_BYTES);
    while (from.at < from.end) {
      const { at } = from.part(4);
      decompress(from.part(bytes.readUInt32BE(at)), to);
    }
  }
  return to.result();
}

function decompress(block: Compressed, to: Decompressed): void {
  const size = varint(block);
  if (size > MOST_DECOMPRESSED) throw tooLarge();
  const end = to.length + size;
  while (block.at < block.end) {
    const tag = block.byte();
    const upper = tag >> 2;
    switch (tag & 3) {
      case 0:
        // From 60 on the length follows, in one to four bytes.
        to.literal(block, 1 + (upper < 60 ? upper : block.little(upper - 59)));
        break;
      case 1:
        to.repeat((upper >> 3) * 256 + block.byte(), 4 + (upper & 7));
        break;
      case 2:
        to.repeat(block.little(2), 1 + upper);
        break;
      default:
        to.repeat(block.little(4), 1 + upper);
    }
  }
  if (to.length !== end) throw new Error(`it has ${to.length - end + size} bytes where its header says ${size}`);
}

function varint(block: Compressed): number {
  let value = 0;
  for (let place = 1; place <= 128 ** 4; place *= 128) {
    const byte = block.byte();
    value += (byte & 127) * place;
    if (byte < 128) return value;
  }
  throw new Error("its header is no length");
}
