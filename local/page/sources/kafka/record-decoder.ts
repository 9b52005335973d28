import { parseWriterSchema } from "@plinth/schemas/avro/writer-schema.ts";
import { createReadableReader } from "@plinth/schemas/codec/readable.ts";
import type { TopicRecord } from "../../model/topic.ts";

/** What a registry knows about a schema's id. */
export interface RegisteredSchema {
  schema: string;
  /** Where it is registered; the same schema may be in several subjects. */
  versions: { subject: string; version: number }[];
}

type DecodedValue = Pick<TopicRecord, "schema" | "value" | "encoding">;

interface Reader {
  read: ReturnType<typeof createReadableReader>;
  versions: RegisteredSchema["versions"];
}

const FRAME_BYTES = 5;
const MAX_SCHEMAS = 1000;

/** Decodes values: Avro in Confluent's frame, text, or bytes. */
export class RecordDecoder {
  private readonly findSchema: (id: number) => Promise<RegisteredSchema>;
  private readonly readers = new Map<number, Promise<Reader>>();

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
    const { read, versions } = await this.readerOf(id);
    const registered = versions.find(({ subject }) => subject === `${topic}-value`) ?? versions[0];
    return {
      value: JSON.stringify(read(value, FRAME_BYTES)),
      encoding: "avro",
      ...(registered && { schema: { ...registered, id } }),
    };
  }

  private readerOf(id: number): Promise<Reader> {
    const known = this.readers.get(id) ?? this.load(id);
    if (this.readers.size >= MAX_SCHEMAS) this.readers.clear();
    this.readers.set(id, known);
    // The next record asks again.
    known.catch(() => this.readers.delete(id));
    return known;
  }

  private async load(id: number): Promise<Reader> {
    const { schema, versions } = await this.findSchema(id);
    return { read: createReadableReader(parseWriterSchema(schema)), versions };
  }
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
