import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import kafkajs from "kafkajs";
import { MAX_DECOMPRESSED_BYTES, tooLargeError } from "./byte-buffers.ts";
import { decompressLz4 } from "./lz4.ts";
import { decompressSnappy } from "./snappy.ts";
import { createPlaceholderRecords } from "./unreadable-batch.ts";

const { CompressionCodecs, CompressionTypes } = kafkajs;

interface CompressionCodec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const outputLimit = { maxOutputLength: MAX_DECOMPRESSED_BYTES };
const [gunzipped, zstdDecompressed] = [promisify(gunzip), promisify(zstdDecompress)];

/**
 * Has every consumer of this process read what producers compress: clients in other languages do by
 * default (franz-go with snappy), and kafkajs by itself knows gzip alone. A batch that is corrupt,
 * or grows beyond any that a producer gathers, yields records that say so (see
 * unreadable-batch.ts). Records of this process are written as they are, or with gzip.
 */
export function registerCompressionCodecs(): void {
  const decompressors = {
    GZIP: (bytes: Buffer) => gunzipped(bytes, outputLimit),
    Snappy: async (bytes: Buffer) => decompressSnappy(bytes),
    LZ4: async (bytes: Buffer) => decompressLz4(bytes),
    ZSTD: (bytes: Buffer) => zstdDecompressed(bytes, outputLimit),
  };
  const own = CompressionCodecs[CompressionTypes.GZIP]() as CompressionCodec;
  for (const [name, decompress] of Object.entries(decompressors)) {
    const type = CompressionTypes[name as keyof typeof decompressors];
    const codec: CompressionCodec = {
      compress:
        type === CompressionTypes.GZIP
          ? own.compress
          : () => Promise.reject(new Error(`Records are not written with ${name}: use gzip`)),
      decompress: (bytes) =>
        decompress(bytes).catch((error: NodeJS.ErrnoException) => replaceUnreadable(bytes, name.toLowerCase(), error)),
    };
    CompressionCodecs[type as Exclude<typeof type, 0>] = () => codec;
  }
}

/**
 * @throws when nothing can stand for the records: kafkajs then logs it as an error, and asks for
 * them again and again
 */
function replaceUnreadable(bytes: Buffer, codec: string, error: NodeJS.ErrnoException): Buffer {
  const { message } = error.code === "ERR_BUFFER_TOO_LARGE" ? tooLargeError() : error;
  const instead = createPlaceholderRecords(bytes, `${codec}: ${message}`, MAX_DECOMPRESSED_BYTES);
  if (instead === undefined)
    throw new Error(`A batch of records cannot be decompressed: ${codec}: ${message}`, { cause: error });
  return instead;
}
