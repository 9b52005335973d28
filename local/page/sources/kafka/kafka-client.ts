import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import type { Kafka } from "kafkajs";
import { silenceNegativeTimeoutWarnings } from "../../../negative-timeouts.ts";

const MAX_BYTES = 64 << 20;
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** A client of the local broker. Loads its library, which takes 10 MB, when it is called. */
export async function connectKafka(brokers: string): Promise<Kafka> {
  silenceNegativeTimeoutWarnings();
  const [{ default: kafkajs }, { default: snappy }] = await Promise.all([import("kafkajs"), import("snappyjs")]);
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const inflate = promisify(zstdDecompress);
  const readOnly = (decompress: (bytes: Buffer) => Buffer | Promise<Buffer>) => () => ({
    compress: () => Promise.reject(new Error("Records are written without this compression")),
    decompress: async (bytes: Buffer) => decompress(bytes),
  });
  CompressionCodecs[CompressionTypes.ZSTD] = readOnly((bytes) => inflate(bytes, { maxOutputLength: MAX_BYTES }));
  CompressionCodecs[CompressionTypes.Snappy] = readOnly((bytes) => uncompressSnappy(bytes, snappy.uncompress));
  return new kafkajs.Kafka({
    clientId: "plinth-page",
    brokers: brokers.split(","),
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 3000,
    requestTimeout: 8000,
    retry: { retries: 1, initialRetryTime: 100 },
  });
}

/** One block, or the blocks with lengths that Java's clients write. */
function uncompressSnappy(bytes: Buffer, uncompress: (bytes: Uint8Array, limit: number) => Uint8Array): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return Buffer.from(uncompress(bytes, MAX_BYTES));
  const blocks: Uint8Array[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    blocks.push(uncompress(bytes.subarray(at + 4, end), MAX_BYTES));
    at = end;
  }
  return Buffer.concat(blocks);
}
