import type { Type } from "avsc";
import type { TopicRecord } from "../../model/topic.ts";

/** What a registry knows about a schema's id. */
export interface RegisteredSchema {
  schema: string;
  /** Where it is registered; the same schema may be in several subjects. */
  versions: { subject: string; version: number }[];
}

type DecodedValue = Pick<TopicRecord, "schema" | "value" | "encoding">;

const FRAME_BYTES = 5;
const MAX_SCHEMAS = 1000;

/** Decodes values: Avro in Confluent's frame, text, or bytes. */
export class RecordDecoder {
  private readonly findSchema: (id: number) => Promise<RegisteredSchema>;
  private readonly types = new Map<number, Promise<{ type: Type; versions: RegisteredSchema["versions"] }>>();

  constructor(findSchema: (id: number) => Promise<RegisteredSchema>) {
    this.findSchema = findSchema;
  }

  async decode(topic: string, value: Buffer | null): Promise<DecodedValue> {
    if (value === null) return { value: "", encoding: "none" };
    if (value.length >= FRAME_BYTES && value[0] === 0) {
      const avro = await this.decodeAvro(topic, value).catch(() => undefined);
      if (avro) return avro;
    }
    const text = asText(value);
    if (text !== undefined) return { value: text, encoding: "text" };
    return { value: value.toString("base64"), encoding: "base64" };
  }

  private async decodeAvro(topic: string, value: Buffer): Promise<DecodedValue> {
    const id = value.readUInt32BE(1);
    const { type, versions } = await this.typeOf(id);
    const decoded: unknown = type.fromBuffer(value.subarray(FRAME_BYTES));
    const registered = versions.find(({ subject }) => subject === `${topic}-value`) ?? versions[0];
    return {
      value: JSON.stringify(decoded, readable),
      encoding: "avro",
      ...(registered && { schema: { ...registered, id } }),
    };
  }

  private typeOf(id: number) {
    const known = this.types.get(id) ?? this.load(id);
    if (this.types.size >= MAX_SCHEMAS) this.types.clear();
    this.types.set(id, known);
    // The next record asks again.
    known.catch(() => this.types.delete(id));
    return known;
  }

  private async load(id: number) {
    const [{ default: avsc }, { schema, versions }] = await Promise.all([import("avsc"), this.findSchema(id)]);
    return { type: avsc.Type.forSchema(JSON.parse(schema)), versions };
  }
}

/** Bytes as base64: Node would print an array of numbers. */
function readable(_name: string, value: unknown): unknown {
  const isBytes = typeof value === "object" && value !== null && (value as { type?: unknown }).type === "Buffer";
  return isBytes ? Buffer.from((value as { data: number[] }).data).toString("base64") : value;
}

function asText(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell bytes from text
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
