import { UnreadableRecord } from "@plinth/kit/kafka/record.ts";
import type { SchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import avsc from "avsc";

/** Decodes a record's value. */
export type DecodeValue = (value: Buffer | null) => Promise<unknown>;

const HEADER_BYTES = 5;

/**
 * Decodes with the writer's schema, whose id the frame holds.
 *
 * @throws {@link UnreadableRecord} for a value without a schema of this registry
 */
export function createDecoder(registry: Pick<SchemaRegistryClient, "getSchema">): DecodeValue {
  const types = new Map<number, Promise<avsc.Type>>();
  const typeOf = (id: number) => {
    const known =
      types.get(id) ?? registry.getSchema(id).then((text) => avsc.Type.forSchema(JSON.parse(text) as avsc.Schema));
    types.set(id, known);
    // A failed request is repeated by the next record.
    known.catch(() => types.delete(id));
    return known;
  };
  return async (value) => {
    if (value === null) return null;
    if (value.length <= HEADER_BYTES || value[0] !== 0) throw new UnreadableRecord("the value is not framed Avro");
    const type = await typeOf(value.readUInt32BE(1));
    try {
      return type.fromBuffer(value.subarray(HEADER_BYTES));
    } catch (error) {
      throw new UnreadableRecord(`the value does not fit its schema: ${(error as Error).message}`);
    }
  };
}
