import { BinaryReader } from "@bufbuild/protobuf/wire";

type Fields = Map<number, Value[]>;
type Value = Buffer | bigint;

/**
 * The body of OTLP's `ExportTraceServiceRequest` in the shape of its JSON, without the fields that
 * no test reads. Source: opentelemetry-proto, `trace/v1/trace.proto`.
 */
export function decodeTraces(body: Buffer): unknown {
  return {
    resourceSpans: messages(readFields(body), 1).map((resourceSpans) => ({
      resource: {
        attributes: messages(resourceSpans, 1).flatMap((resource) => messages(resource, 1).map(toAttribute)),
      },
      scopeSpans: messages(resourceSpans, 2).map((scope) => ({ spans: messages(scope, 2).map(toSpan) })),
    })),
  };
}

function toSpan(span: Fields) {
  const [status = new Map() as Fields] = messages(span, 15);
  return {
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    traceState: text(span, 3),
    parentSpanId: hex(span, 4),
    name: text(span, 5),
    kind: number(span, 6),
    startTimeUnixNano: String(span.get(7)?.[0]),
    endTimeUnixNano: String(span.get(8)?.[0]),
    attributes: messages(span, 9).map(toAttribute),
    links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
    status: { code: number(status, 3), message: text(status, 2) },
  };
}

function toAttribute(pair: Fields) {
  const [value = new Map() as Fields] = messages(pair, 2);
  return {
    key: text(pair, 1),
    value: value.has(3) ? { intValue: number(value, 3) } : { stringValue: text(value, 1) },
  };
}

/** Values by field number, numbers as they stand on the wire. */
function readFields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    if (wireType === 2) values.push(Buffer.from(reader.bytes()));
    else if (wireType === 0) values.push(BigInt(reader.int64()));
    else if (wireType === 1) values.push(BigInt(reader.fixed64()));
    else reader.skip(wireType, field);
  }
  return fields;
}

const messages = (fields: Fields, field: number) =>
  (fields.get(field) ?? []).map((value) => readFields(value as Buffer));
const bytes = (fields: Fields, field: number) => (fields.get(field)?.[0] ?? Buffer.alloc(0)) as Buffer;
const text = (fields: Fields, field: number) => bytes(fields, field).toString();
const hex = (fields: Fields, field: number) => bytes(fields, field).toString("hex");
const number = (fields: Fields, field: number) => Number(fields.get(field)?.[0] ?? 0);
