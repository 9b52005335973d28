import { readFileSync } from "node:fs";
import avsc from "avsc";

/** An event of V1_SYSTEM: schemas/V1_SYSTEM.avsc, which the platform owns and registers. */
export interface SystemEvent {
  id: string;
  tenant_id: number;
  aggregate_id: string;
  event_type: string;
  event_data: Record<string, string>;
  /** Milliseconds since 1970 UTC. */
  timestamp: number;
  version: number;
}

/** A record that a retry cannot make readable. */
export class UnreadableRecord extends Error {}

const HEADER_BYTES = 5;
const TIMEOUT_MS = 3000;
const schema = readFileSync(new URL("../schemas/V1_SYSTEM.avsc", import.meta.url), "utf8");
/** avsc's own type refuses 2^53 - 1, which other languages write and a tenant may have. */
const long = avsc.types.LongType.__with({
  fromBuffer(bytes: Buffer) {
    const number = Number(bytes.readBigInt64LE());
    if (!Number.isSafeInteger(number)) throw new Error("a number is beyond 2^53 - 1");
    return number;
  },
  toBuffer(number: number) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64LE(BigInt(number));
    return bytes;
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: Number.isSafeInteger,
  compare: (one: number, other: number) => Math.sign(one - other),
});
const parse = (text: string) =>
  avsc.Type.forSchema(JSON.parse(text) as avsc.Schema, { registry: { long } as Record<string, avsc.Type> });
const type = parse(schema);

type Read = (body: Buffer) => unknown;

/** Confluent's framing: a zero byte, the schema's id in four bytes, big-endian, then the Avro body. Ids are looked up; nothing is registered. */
export class SystemEventCodec {
  private readonly url: string;
  private readonly subject: string;
  private readonly readers = new Map<number, Read>();
  private id: number | undefined;

  constructor(registryUrl: string, topic: string) {
    this.url = registryUrl;
    this.subject = `${topic}-value`;
  }

  async encode(event: SystemEvent): Promise<Buffer> {
    this.id ??= await this.ownId();
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(this.id, 1);
    return Buffer.concat([header, type.toBuffer(event)]);
  }

  /** Reads what any earlier or later writer wrote, in the shape of this service's own schema. @throws {@link UnreadableRecord} */
  async decode(frame: Buffer | null | undefined): Promise<SystemEvent> {
    if (!frame || frame.length <= HEADER_BYTES || frame[0] !== 0)
      throw new UnreadableRecord("the value is not framed Avro");
    const read = await this.readerOf(frame.readUInt32BE(1));
    try {
      return read(frame.subarray(HEADER_BYTES)) as SystemEvent;
    } catch (error) {
      throw new UnreadableRecord(`the value does not fit its schema: ${(error as Error).message}`);
    }
  }

  /** Rejects while the registry is away or does not have this service's schema. */
  async check(): Promise<void> {
    const id = await this.ownId();
    this.id ??= id;
  }

  private async ownId(): Promise<number> {
    const { status, body } = await this.call(`/subjects/${this.subject}`, { schema });
    if (status === 404)
      throw new Error(`the schema of ${this.subject} is not registered: bring the platform up, which registers it`);
    return body.id as number;
  }

  private async readerOf(id: number): Promise<Read> {
    const known = this.readers.get(id);
    if (known) return known;
    const { status, body } = await this.call(`/schemas/ids/${id}`);
    if (status === 404) throw new UnreadableRecord(`the registry has no schema with id ${id}`);
    const read = readerFor(body.schema as string, id);
    this.readers.set(id, read);
    return read;
  }

  private async call(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(this.url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok && response.status !== 404)
      throw new Error(`the schema registry answered ${response.status} to ${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}

function readerFor(written: string, id: number): Read {
  try {
    // A type that moved to another namespace is the same one: the specification compares short names.
    const resolver = type.createResolver(parse(written), { ignoreNamespaces: true });
    // With bytes left over, the value was written by another schema than its header says.
    return (body) => type.fromBuffer(body, resolver, false);
  } catch (error) {
    throw new UnreadableRecord(`schema ${id} cannot be read as this service's: ${(error as Error).message}`);
  }
}
