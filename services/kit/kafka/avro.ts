import { setTimeout as sleep } from "node:timers/promises";
import avsc from "avsc";
import { kitError } from "../core/errors.ts";
import { UnreadableRecord } from "./record.ts";
import type { SchemaRegistryClient } from "./schema-registry.ts";

/**
 * Confluent's framing: a zero byte, the schema's id in four bytes, big-endian, then the Avro body.
 */
const HEADER_BYTES = 5;
/** Most events fit: they are encoded here, and copied to a frame of their own size. */
const encodeBuffer = Buffer.allocUnsafeSlow(16_384);
/**
 * Milliseconds for which an id that the registry does not know is asked for again: each of its
 * replicas (Redpanda has one on each broker) reads what was registered from a topic, and one that
 * is behind says of a schema that another has just taken that there is none.
 */
const UNKNOWN_ID_RETRY = { forMs: 2500, everyMs: 250 };
/**
 * Ids that are known not to be known, and for how long: a flood of garbage must not wait again with
 * each of its records.
 */
const UNKNOWN_ID_CACHE = { ids: 1000, forMs: 10_000 };

/** Turns the events of some topics into framed Avro and back; a type per topic in `Events`. */
export interface EventCodec<Events extends Record<keyof Events, unknown>> {
  /**
   * @throws `unavailable` until {@link loadSchemaIds} has succeeded once; a TypeError when the
   * event does not fit its schema
   */
  encode<T extends keyof Events & string>(topic: T, event: Events[T]): Buffer;
  /**
   * Reads what any earlier or later writer wrote, in the shape of this service's own schema.
   * @throws {@link UnreadableRecord}
   */
  decode<T extends keyof Events & string>(topic: T, frame: Buffer | null): Promise<Events[T]>;
  /** Looks the ids of all schemas up; quick once it has succeeded. */
  loadSchemaIds(): Promise<void>;
}

/** @param schemas the service's own schema of each topic, as JSON text */
export function createEventCodec<Events extends Record<keyof Events, unknown>>(
  registry: SchemaRegistryClient,
  schemas: { readonly [T in keyof Events]: string },
): EventCodec<Events> {
  const types = new Map(
    Object.entries<string>(schemas).map(([topic, schema]) => [
      topic,
      avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema),
    ]),
  );
  const ids = new Map<string, number>();
  const readers = new Map(Object.keys(schemas).map((topic) => [topic, new Map<number, RecordReader>()]));
  const schemaOf = createSchemaLookup(registry);

  async function newReader(topic: string, id: number): Promise<RecordReader> {
    const own = requireType(types, topic);
    // What is written by the very same schema needs nothing resolved.
    const reader =
      ids.get(topic) === id
        ? (body: Buffer) => own.fromBuffer(body)
        : createResolvingReader(own, await schemaOf(id), id);
    readers.get(topic)?.set(id, reader);
    return reader;
  }

  return {
    encode(topic, event) {
      const id = ids.get(topic);
      if (id === undefined)
        throw kitError("unavailable", "The schema registry has not answered since this service started; try again.");
      const type = requireType(types, topic);
      const end = type.encode(event, encodeBuffer, HEADER_BYTES);
      // Below 0 it did not fit.
      const body = end < 0 ? type.toBuffer(event) : encodeBuffer.subarray(HEADER_BYTES, end);
      const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
      frame[0] = 0;
      frame.writeUInt32BE(id, 1);
      frame.set(body, HEADER_BYTES);
      return frame;
    },
    async decode(topic, frame) {
      if (frame === null || frame.length <= HEADER_BYTES || frame[0] !== 0)
        throw new UnreadableRecord("the value is not framed Avro");
      const id = frame.readUInt32BE(1);
      const read = readers.get(topic)?.get(id) ?? (await newReader(topic, id));
      try {
        return read(frame.subarray(HEADER_BYTES)) as Events[typeof topic];
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

/** Calls an id unknown when the registry has said so for {@link UNKNOWN_ID_RETRY}.forMs. */
function createSchemaLookup(registry: SchemaRegistryClient): SchemaRegistryClient["getSchema"] {
  const judged = new Map<number, { error: UnreadableRecord; until: number }>();

  function judge(id: number, error: UnreadableRecord): void {
    const [oldest] = judged.keys();
    if (judged.size === UNKNOWN_ID_CACHE.ids && oldest !== undefined) judged.delete(oldest);
    judged.set(id, { error, until: performance.now() + UNKNOWN_ID_CACHE.forMs });
  }
  return async (id) => {
    const known = judged.get(id);
    if (known && performance.now() < known.until) throw known.error;
    judged.delete(id);
    for (const deadline = performance.now() + UNKNOWN_ID_RETRY.forMs; ; await sleep(UNKNOWN_ID_RETRY.everyMs)) {
      try {
        return await registry.getSchema(id);
      } catch (error) {
        if (!(error instanceof UnreadableRecord)) throw error;
        if (performance.now() < deadline) continue;
        judge(id, error);
        throw error;
      }
    }
  };
}

type RecordReader = (body: Buffer) => unknown;

function requireType(types: Map<string, avsc.Type>, topic: string): avsc.Type {
  const type = types.get(topic);
  if (!type) throw new Error(`This service has no schema for ${topic}; it has ${[...types.keys()].join(", ")}`);
  return type;
}

function createResolvingReader(own: avsc.Type, written: string, id: number): RecordReader {
  let resolver: unknown;
  try {
    resolver = own.createResolver(avsc.Type.forSchema(JSON.parse(written) as avsc.Schema));
  } catch (error) {
    throw new UnreadableRecord(`schema ${id} cannot be read as this service's: ${(error as Error).message}`);
  }
  // With bytes left over, the value was written by another schema than its header says.
  return (body) => own.fromBuffer(body, resolver as Parameters<typeof own.fromBuffer>[1], false);
}
