import {
  MAX_DEPTH,
  type OtlpAttributes,
  type OtlpLogRecord,
  type OtlpSpan,
  type OtlpValue,
  type ResourceItems,
} from "./otlp-value.ts";
import { toNumber } from "./protobuf-fields.ts";

// OTLP's JSON: protobuf's, except that ids are hexadecimal and enums numbers. Numbers of 64 bits
// are texts or numbers. Source: the OpenTelemetry protocol, "JSON Protobuf Encoding".

type Json = Record<string, unknown>;

/** @param body also parsed. @throws RangeError if it is not an ExportTraceServiceRequest */
export function parseSpans(body: string | object): ResourceItems<OtlpSpan>[] {
  return parseResources(body, "resourceSpans", "scopeSpans", "spans", (span) => ({
    traceId: text(span.traceId).toLowerCase(),
    spanId: text(span.spanId).toLowerCase(),
    parentSpanId: text(span.parentSpanId).toLowerCase(),
    name: text(span.name),
    kind: kindOf(span.kind),
    startNs: nanoseconds(span.startTimeUnixNano),
    endNs: nanoseconds(span.endTimeUnixNano),
    attributes: attributes(span.attributes),
    events: list(span.events).map((event) => ({
      timeNs: nanoseconds(event.timeUnixNano),
      name: text(event.name),
      attributes: attributes(event.attributes),
    })),
    links: list(span.links).map((link) => ({
      traceId: text(link.traceId).toLowerCase(),
      spanId: text(link.spanId).toLowerCase(),
    })),
    statusCode: statusOf(object(span.status).code),
    statusMessage: text(object(span.status).message),
  }));
}

/** @param body also parsed. @throws RangeError if it is not an ExportLogsServiceRequest */
export function parseLogs(body: string | object): ResourceItems<OtlpLogRecord>[] {
  return parseResources(body, "resourceLogs", "scopeLogs", "logRecords", (record) => ({
    timeNs: nanoseconds(record.timeUnixNano),
    observedNs: nanoseconds(record.observedTimeUnixNano),
    severityNumber: Number(record.severityNumber ?? 0) || 0,
    severityText: text(record.severityText),
    body: value(record.body),
    attributes: attributes(record.attributes),
    traceId: text(record.traceId).toLowerCase(),
    spanId: text(record.spanId).toLowerCase(),
  }));
}

function parseResources<T>(
  body: string | object,
  resources: string,
  scopes: string,
  items: string,
  parse: (item: Json) => T,
): ResourceItems<T>[] {
  const request: unknown = typeof body === "string" ? JSON.parse(body) : body;
  if (typeof request !== "object" || request === null || Array.isArray(request))
    throw new RangeError("the body is no object");
  return list((request as Json)[resources]).map((resource) => ({
    resource: attributes(object(resource.resource).attributes),
    items: list(resource[scopes]).flatMap((scope) => list(scope[items]).map(parse)),
  }));
}

function list(given: unknown): Json[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw new RangeError("a list is no list");
  return given.map(object);
}

function object(given: unknown): Json {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || Array.isArray(given)) throw new RangeError("an object is no object");
  return given as Json;
}

function text(given: unknown): string {
  return typeof given === "string" ? given : given === undefined || given === null ? "" : String(given);
}

function nanoseconds(given: unknown): bigint {
  if (given === undefined || given === null || given === "") return 0n;
  if (!/^\d{1,20}$/.test(String(given))) throw new RangeError("a time must be a number of nanoseconds");
  return BigInt(String(given));
}

const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const STATUSES = ["UNSET", "OK", "ERROR"];

/** Some clients write enums by name. */
const kindOf = (given: unknown) => enumOf(given, KINDS, "SPAN_KIND_");
const statusOf = (given: unknown) => enumOf(given, STATUSES, "STATUS_CODE_");

function enumOf(given: unknown, names: readonly string[], prefix: string): number {
  if (typeof given === "string") return Math.max(0, names.indexOf(given.replace(prefix, "")));
  return typeof given === "number" ? given : 0;
}

function attributes(given: unknown, depth = 0): OtlpAttributes {
  return Object.fromEntries(list(given).map((pair) => [text(pair.key), value(pair.value, depth)]));
}

function value(given: unknown, depth = 0): OtlpValue {
  const any = object(given);
  if (depth > MAX_DEPTH) return "…";
  if (any.stringValue !== undefined) return text(any.stringValue);
  if (any.boolValue !== undefined) return any.boolValue === true || any.boolValue === "true";
  if (any.intValue !== undefined) return toNumber(text(any.intValue));
  if (any.doubleValue !== undefined) return Number(any.doubleValue);
  if (any.bytesValue !== undefined) return text(any.bytesValue);
  if (any.arrayValue !== undefined) return list(object(any.arrayValue).values).map((item) => value(item, depth + 1));
  if (any.kvlistValue !== undefined) return attributes(object(any.kvlistValue).values, depth + 1);
  return null;
}
