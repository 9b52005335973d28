import { UnreadableRecord } from "@plinth/kit/kafka/record.ts";
import type { SchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { parseWriterSchema } from "@plinth/schemas/avro/writer-schema.ts";
import { createReadableReader } from "@plinth/schemas/codec/readable.ts";

/** Decodes a record's value to what JSON.stringify writes for people. */
export type DecodeValue = (value: Buffer | null) => Promise<unknown>;

const HEADER_BYTES = 5;

/**
 * Decodes with the writer's schema, whose id the frame holds.
 *
 * @throws {@link UnreadableRecord} for a value without a schema of this registry
 */
export function createDecoder(registry: Pick<SchemaRegistryClient, "getSchema">): DecodeValue {
  const readers = new Map<number, Promise<ReturnType<typeof createReadableReader>>>();
  const readerOf = (id: number) => {
    const known =
      readers.get(id) ?? registry.getSchema(id).then((text) => createReadableReader(parseWriterSchema(text)));
    readers.set(id, known);
    // A failed request is repeated by the next record.
    known.catch(() => readers.delete(id));
    return known;
  };
  return async (value) => {
    if (value === null) return null;
    if (value.length < HEADER_BYTES || value[0] !== 0) throw new UnreadableRecord("the value is not framed Avro");
    const read = await readerOf(value.readUInt32BE(1));
    try {
      return read(value, HEADER_BYTES);
    } catch (error) {
      throw new UnreadableRecord(`the value does not fit its schema: ${(error as Error).message}`);
    }
  };
}
