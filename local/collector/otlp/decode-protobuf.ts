import type { OtlpLogRecord, OtlpSpan, ResourceItems } from "./otlp-value.ts";
import {
  createReader,
  eachField,
  endOfMessage,
  type Reader,
  readFixed64,
  readHex,
  readKeyValue,
  readResource,
  readText,
  readValue,
} from "./protobuf-fields.ts";

// Source: trace.proto and logs.proto of opentelemetry-proto.

/** ExportTraceServiceRequest { resource_spans = 1 }. @throws RangeError for anything else */
export function decodeSpans(body: Buffer): ResourceItems<OtlpSpan>[] {
  return decodeResources(body, readSpan);
}

/** ExportLogsServiceRequest { resource_logs = 1 }. @throws RangeError for anything else */
export function decodeLogs(body: Buffer): ResourceItems<OtlpLogRecord>[] {
  return decodeResources(body, readLogRecord);
}

/** Resource… { resource = 1, scope… = 2 }, Scope… { scope = 1, items = 2 } */
function decodeResources<T>(body: Buffer, readItem: (reader: Reader) => T): ResourceItems<T>[] {
  const reader = createReader(body);
  const resources: ResourceItems<T>[] = [];
  const readScope = (items: T[]) =>
    eachField(reader, endOfMessage(reader), (field) => {
      if (field !== 2) return false;
      items.push(readItem(reader));
      return true;
    });
  eachField(reader, body.length, (field) => {
    if (field !== 1) return false;
    const found: ResourceItems<T> = { resource: {}, items: [] };
    eachField(reader, endOfMessage(reader), (inner) => {
      if (inner === 1) found.resource = readResource(reader);
      else if (inner === 2) readScope(found.items);
      else return false;
      return true;
    });
    resources.push(found);
    return true;
  });
  return resources;
}

function readSpan(reader: Reader): OtlpSpan {
  const span: OtlpSpan = {
    traceId: "",
    spanId: "",
    parentSpanId: "",
    name: "",
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    attributes: {},
    events: [],
    links: [],
    statusCode: 0,
    statusMessage: "",
  };
  eachField(reader, endOfMessage(reader), (field) => readSpanField(reader, field, span));
  return span;
}

function readSpanField(reader: Reader, field: number, span: OtlpSpan): boolean {
  switch (field) {
    case 1:
      span.traceId = readHex(reader);
      return true;
    case 2:
      span.spanId = readHex(reader);
      return true;
    case 4:
      span.parentSpanId = readHex(reader);
      return true;
    case 5:
      span.name = readText(reader);
      return true;
    case 6:
      span.kind = reader.uint32();
      return true;
    case 7:
      span.startNs = readFixed64(reader);
      return true;
    case 8:
      span.endNs = readFixed64(reader);
      return true;
    case 9:
      readKeyValue(reader, span.attributes);
      return true;
    case 11:
      span.events.push(readEvent(reader));
      return true;
    case 13:
      span.links.push(readLink(reader));
      return true;
    case 15:
      readStatus(reader, span);
      return true;
    default:
      return false;
  }
}

function readEvent(reader: Reader): OtlpSpan["events"][number] {
  const event: OtlpSpan["events"][number] = { timeNs: 0n, name: "", attributes: {} };
  eachField(reader, endOfMessage(reader), (field) => {
    if (field === 1) event.timeNs = readFixed64(reader);
    else if (field === 2) event.name = readText(reader);
    else if (field === 3) readKeyValue(reader, event.attributes);
    else return false;
    return true;
  });
  return event;
}

function readLink(reader: Reader): OtlpSpan["links"][number] {
  const link = { traceId: "", spanId: "" };
  eachField(reader, endOfMessage(reader), (field) => {
    if (field === 1) link.traceId = readHex(reader);
    else if (field === 2) link.spanId = readHex(reader);
    else return false;
    return true;
  });
  return link;
}

function readStatus(reader: Reader, span: OtlpSpan): void {
  eachField(reader, endOfMessage(reader), (field) => {
    if (field === 2) span.statusMessage = readText(reader);
    else if (field === 3) span.statusCode = reader.uint32();
    else return false;
    return true;
  });
}

function readLogRecord(reader: Reader): OtlpLogRecord {
  const record: OtlpLogRecord = {
    timeNs: 0n,
    observedNs: 0n,
    severityNumber: 0,
    severityText: "",
    body: null,
    attributes: {},
    traceId: "",
    spanId: "",
  };
  eachField(reader, endOfMessage(reader), (field) => {
    if (field === 1) record.timeNs = readFixed64(reader);
    else if (field === 11) record.observedNs = readFixed64(reader);
    else if (field === 2) record.severityNumber = reader.uint32();
    else if (field === 3) record.severityText = readText(reader);
    else if (field === 5) record.body = readValue(reader);
    else if (field === 6) readKeyValue(reader, record.attributes);
    else if (field === 9) record.traceId = readHex(reader);
    else if (field === 10) record.spanId = readHex(reader);
    else return false;
    return true;
  });
  return record;
}
