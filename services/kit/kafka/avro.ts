import { setTimeout as sleep } from "node:timers/promises";
import type { Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { parseWriterSchema } from "@plinth/schemas/avro/writer-schema.ts";
import { createReader, createWriter, type ReadValue } from "@plinth/schemas/codec/value-codec.ts";
import { kitError } from "../core/errors.ts";
import { UnreadableRecord } from "./record.ts";
import type { SchemaRegistryClient } from "./schema-registry.ts";

/** Confluent's framing: a zero byte, the schema's id as a big-endian int32, then the Avro body. */
const HEADER_BYTES = 5;
/**
 * How long an unknown id is looked up again. Each replica of the registry (Redpanda has one on each
 * broker) reads registrations from a topic, and one that is behind does not know a schema that
 * another has just registered.
 */
const UNKNOWN_ID_RETRY = { forMs: 2500, everyMs: 250 };
/** How many unknown ids are remembered, and for how long: a flood of garbage waits only once. */
const UNKNOWN_ID_CACHE = { ids: 1000, forMs: 10_000 };

/** Encodes and decodes the events of some topics as framed Avro; `Events` has a type per topic. */
export interface EventCodec<Events extends Record<keyof Events, unknown>> {
  /**
   * @throws `unavailable` until {@link loadSchemaIds} has succeeded once; an Error if the event
   * does not fit its schema
   */
  encode<T extends keyof Events & string>(topic: T, event: Events[T]): Buffer;
  /**
   * Decodes an event of an earlier or later writer into the shape of this service's schema.
   * @throws {@link UnreadableRecord}
   */
  decode<T extends keyof Events & string>(topic: T, frame: Buffer | null): Promise<Events[T]>;
  /** Looks up the ids of all schemas; costs nothing once it has succeeded. */
  loadSchemaIds(): Promise<void>;
}

/** @param schemas this service's schema of each topic, as JSON text */
export function createEventCodec<Events extends Record<keyof Events, unknown>>(
  registry: SchemaRegistryClient,
  schemas: { readonly [T in keyof Events]: string },
): EventCodec<Events> {
  const types = new Map(Object.entries<string>(schemas).map(([topic, text]) => [topic, createTopicType(text)]));
  const ids = new Map<string, number>();
  const readers = new Map(Object.keys(schemas).map((topic) => [topic, new Map<number, ReadValue>()]));
  const lookUpSchema = createSchemaLookup(registry);

  async function newReader(topic: string, id: number): Promise<ReadValue> {
    const { schema, read } = requireType(types, topic);
    // An event of the same schema needs no resolution.
    const reader = ids.get(topic) === id ? read : createResolvingReader(schema, await lookUpSchema(id), id);
    readers.get(topic)?.set(id, reader);
    return reader;
  }

  return {
    encode(topic, event) {
      const id = ids.get(topic);
      if (id === undefined)
        throw kitError("unavailable", "The schema registry has not answered since this service started; try again.");
      const { write } = requireType(types, topic);
      const frame = writeFrame(write, event, topic);
      frame[0] = 0;
      frame.writeUInt32BE(id, 1);
      return frame;
    },
    async decode(topic, frame) {
      if (frame === null || frame.length < HEADER_BYTES || frame[0] !== 0)
        throw new UnreadableRecord("the value is not framed Avro");
      const id = frame.readUInt32BE(1);
      const read = readers.get(topic)?.get(id) ?? (await newReader(topic, id));
      try {
        return read(frame, HEADER_BYTES) as Events[typeof topic];
      } catch (error) {
        throw new UnreadableRecord(`the value does not fit its schema: ${(error as Error).message}`);
      }
    },
    async loadSchemaIds() {
      for (const [topic, schema] of Object.entries<string>(schemas)) {
        if (!ids.has(topic)) ids.set(topic, await registry.findSchemaId(`${topic}-value`, schema));
      }
    },
  };
}

/** Rejects an id once the registry has not known it for {@link UNKNOWN_ID_RETRY}.forMs. */
function createSchemaLookup(registry: SchemaRegistryClient): SchemaRegistryClient["getSchema"] {
  const unknown = new Map<number, { error: UnreadableRecord; until: number }>();

  function remember(id: number, error: UnreadableRecord): void {
    const [oldest] = unknown.keys();
    if (unknown.size === UNKNOWN_ID_CACHE.ids && oldest !== undefined) unknown.delete(oldest);
    unknown.set(id, { error, until: performance.now() + UNKNOWN_ID_CACHE.forMs });
  }
  return async (id) => {
    const cached = unknown.get(id);
    if (cached && performance.now() < cached.until) throw cached.error;
    unknown.delete(id);
    for (const deadline = performance.now() + UNKNOWN_ID_RETRY.forMs; ; await sleep(UNKNOWN_ID_RETRY.everyMs)) {
      try {
        return await registry.getSchema(id);
      } catch (error) {
        if (!(error instanceof UnreadableRecord)) throw error;
        if (performance.now() < deadline) continue;
        remember(id, error);
        throw error;
      }
    }
  };
}

/** What this service writes and reads on a topic. */
interface TopicType {
  schema: Schema;
  write: ReturnType<typeof createWriter>;
  read: ReadValue;
}

function createTopicType(text: string): TopicType {
  const schema = parseSchema(text);
  return { schema, write: createWriter(schema), read: createReader(schema) };
}

function writeFrame(write: TopicType["write"], event: unknown, topic: string): Buffer {
  try {
    return write(event, HEADER_BYTES);
  } catch (error) {
    throw new Error(`The event of ${topic} does not fit its schema: ${(error as Error).message}`);
  }
}

function requireType(types: Map<string, TopicType>, topic: string): TopicType {
  const type = types.get(topic);
  if (!type) throw new Error(`This service has no schema for ${topic}; it has ${[...types.keys()].join(", ")}`);
  return type;
}

function createResolvingReader(schema: Schema, writerText: string, id: number): ReadValue {
  try {
    return createReader(schema, parseWriterSchema(writerText));
  } catch (error) {
    throw new UnreadableRecord(`schema ${id} cannot be read as this service's: ${(error as Error).message}`);
  }
}
