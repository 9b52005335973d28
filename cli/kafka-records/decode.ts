import { UnreadableRecord } from "@plinth/kit/kafka/record.ts";
import type { SchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import avsc from "avsc";

/** Turns a record's value into what its writer meant. */
export type DecodeValue = (value: Buffer | null) => Promise<unknown>;

const HEADER_BYTES = 5;

/**
 * By the writer's own schema, which the frame names. @throws {@link UnreadableRecord} for what is
 * no Avro of this registry
 */
export function createDecoder(registry: Pick<SchemaRegistryClient, "getSchema">): DecodeValue {
  const types = new Map<number, Promise<avsc.Type>>();
  const typeOf = (id: number) => {
    const known =
      types.get(id) ?? registry.getSchema(id).then((text) => avsc.Type.forSchema(JSON.parse(text) as avsc.Schema));
    types.set(id, known);
    // One that could not be had is asked for again.
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
