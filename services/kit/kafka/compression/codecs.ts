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
const [gunzipAsync, zstdDecompressAsync] = [promisify(gunzip), promisify(zstdDecompress)];

/**
 * Lets every consumer of this process read gzip, snappy, LZ4 and zstd: clients in other languages
 * compress by default (franz-go with snappy), and kafkajs knows only gzip. A batch that is corrupt
 * or too large yields records that say so (see unreadable-batch.ts). This process writes records
 * uncompressed or with gzip.
 */
export function registerCompressionCodecs(): void {
  const decompressors = {
    GZIP: (bytes: Buffer) => gunzipAsync(bytes, outputLimit),
    Snappy: async (bytes: Buffer) => decompressSnappy(bytes),
    LZ4: async (bytes: Buffer) => decompressLz4(bytes),
    ZSTD: (bytes: Buffer) => zstdDecompressAsync(bytes, outputLimit),
  };
  const gzip = CompressionCodecs[CompressionTypes.GZIP]() as CompressionCodec;
  for (const [name, decompress] of Object.entries(decompressors)) {
    const type = CompressionTypes[name as keyof typeof decompressors];
    const codec: CompressionCodec = {
      compress:
        type === CompressionTypes.GZIP
          ? gzip.compress
          : () => Promise.reject(new Error(`Records are not written with ${name}: use gzip`)),
      decompress: (bytes) =>
        decompress(bytes).catch((error: NodeJS.ErrnoException) => replaceUnreadable(bytes, name.toLowerCase(), error)),
    };
    CompressionCodecs[type as Exclude<typeof type, 0>] = () => codec;
  }
}

/**
 * @throws if no placeholders are possible: kafkajs then logs the error and fetches again and again
 */
function replaceUnreadable(bytes: Buffer, codec: string, error: NodeJS.ErrnoException): Buffer {
  const { message } = error.code === "ERR_BUFFER_TOO_LARGE" ? tooLargeError() : error;
  const placeholders = createPlaceholderRecords(bytes, `${codec}: ${message}`, MAX_DECOMPRESSED_BYTES);
  if (placeholders === undefined)
    throw new Error(`A batch of records cannot be decompressed: ${codec}: ${message}`, { cause: error });
  return placeholders;
}
