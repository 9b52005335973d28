import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import kafkajs from "kafkajs";
import { MOST_DECOMPRESSED, tooLarge } from "./decompressed.ts";
import { fromLz4 } from "./lz4.ts";
import { fromSnappy } from "./snappy.ts";
import { standIns } from "./unreadable-batch.ts";

const { CompressionCodecs, CompressionTypes } = kafkajs;

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const limit = { maxOutputLength: MOST_DECOMPRESSED };
const [gunzipped, zstdDecompressed] = [promisify(gunzip), promisify(zstdDecompress)];

/**
 * Has every consumer of this process read what producers compress: clients in other languages do by default (franz-go with snappy), and kafkajs by
 * itself knows gzip alone. A batch that is corrupt, or grows beyond any that a producer gathers, yields records that say so (see
 * unreadable-batch.ts). Records of this process are written as they are, or with gzip.
 */
export function readCompressed(): void {
  const decompressors = {
    GZIP: (bytes: Buffer) => gunzipped(bytes, limit),
    Snappy: async (bytes: Buffer) => fromSnappy(bytes),
    LZ4: async (bytes: Buffer) => fromLz4(bytes),
    ZSTD: (bytes: Buffer) => zstdDecompressed(bytes, limit),
  };
  const own = CompressionCodecs[CompressionTypes.GZIP]() as Codec;
  for (const [name, decompress] of Object.entries(decompressors)) {
    const type = CompressionTypes[name as keyof typeof decompressors];
    const codec: Codec = {
      compress:
        type === CompressionTypes.GZIP ? own.compress : () => Promise.reject(new Error(`Records are not written with ${name}: use gzip`)),
      decompress: (bytes) => decompress(bytes).catch((error: NodeJS.ErrnoException) => replaced(bytes, name.toLowerCase(), error)),
    };
    CompressionCodecs[type as Exclude<typeof type, 0>] = () => codec;
  }
}

/** @throws when nothing can stand for the records: kafkajs then logs it as an error, and asks for them again and again */
function replaced(bytes: Buffer, codec: string, error: NodeJS.ErrnoException): Buffer {
  const { message } = error.code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : error;
  const instead = standIns(bytes, `${codec}: ${message}`, MOST_DECOMPRESSED);
  if (instead === undefined) throw new Error(`A batch of records cannot be decompressed: ${codec}: ${message}`, { cause: error });
  return instead;
}
