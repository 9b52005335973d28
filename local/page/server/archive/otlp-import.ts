import { LEVELS, type LogLine } from "../../model/log-line.ts";
import { PageError } from "../../model/page-error.ts";
import type { Attributes, AttributeValue, Span } from "../../model/span.ts";
import { ACCOUNT, FIRST_SEVERITY, type OtlpAttribute, type OtlpValue, SPAN_KINDS, STATUSES } from "./otlp-export.ts";

/** The parts of OTLP's JSON that are read; any of them may be missing in a file. */
interface OtlpSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string;
  kind?: number | string;
  startTimeUnixNano?: string | number;
  endTimeUnixNano?: string | number;
  attributes?: OtlpAttribute[];
  events?: { timeUnixNano?: string | number; name?: string; attributes?: OtlpAttribute[] }[];
  links?: { traceId?: string; spanId?: string }[];
  status?: { code?: number | string; message?: string };
}

interface OtlpLogRecord {
  timeUnixNano?: string | number;
  observedTimeUnixNano?: string | number;
  severityNumber?: number;
  body?: OtlpValue;
  attributes?: OtlpAttribute[];
  traceId?: string;
  spanId?: string;
}

interface Resource {
  resource?: { attributes?: OtlpAttribute[] };
}

export interface ReadArchive {
  stack: string;
  lines: LogLine[];
  spans: Span[];
}

const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;

/**
 * Reads an export, or another file of OTLP's JSON with spans or log records.
 *
 * @throws {@link PageError} 400, one sentence about what is wrong with it
 */
export function readArchive(content: string): ReadArchive {
  const file = parse(content);
  if (file.format !== undefined && (file.format !== "plinth-export" || file.version !== 1))
    throw new PageError(
      400,
      "This file was exported by a later version of the page: update the platform, or export it again",
    );
  const [resourceSpans, resourceLogs] = [listOf(file.resourceSpans), listOf(file.resourceLogs)];
  if (file.resourceSpans === undefined && file.resourceLogs === undefined)
    throw new PageError(400, "This file is no export: it has neither resourceSpans nor resourceLogs");
  try {
    return {
      stack: typeof file.stack === "string" ? file.stack : "unknown",
      spans: resourceSpans.flatMap(readResourceSpans),
      lines: resourceLogs.flatMap(readResourceLogs),
    };
  } catch (error) {
    if (error instanceof PageError) throw error;
    throw new PageError(400, `This file is no OTLP: ${(error as Error).message}`);
  }
}

function parse(content: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new PageError(400, `This file is no export: it is not JSON (${(error as Error).message.slice(0, 120)})`);
  }
  throw new PageError(400, "This file is no export: it is not a JSON object");
}

function listOf(value: unknown): Record<string, unknown>[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null);
  if (!isList)
    throw new PageError(400, "This file is no OTLP: resourceSpans and resourceLogs must be lists of objects");
  return value as Record<string, unknown>[];
}

/**
 * Spans of one resource. Besides OTLP's JSON it reads that of protobuf, as Tempo answers: ids in
 * base64, enumerations by name.
 *
 * @throws if a span has no valid ids or times
 */
export function readResourceSpans(group: Record<string, unknown>): Span[] {
  const resource = readAttributes((group as Resource).resource?.attributes);
  const [service, version] = [textOf(resource["service.name"]), textOf(resource["service.version"])];
  return listOf(group.scopeSpans)
    .flatMap(({ spans }) => listOf(spans) as OtlpSpan[])
    .map((span) => readSpan(span, service, version));
}

function readSpan(span: OtlpSpan, service: string, version: string): Span {
  const { parentSpanId, name = "", status = {}, links = [], events = [] } = span;
  const [traceId, spanId] = [toHex(span.traceId, 16), toHex(span.spanId, 8)];
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) throw new Error("a span has no valid traceId and spanId");
  const [start, end] = [nanoseconds(span.startTimeUnixNano), nanoseconds(span.endTimeUnixNano)];
  const attributes = readAttributes(span.attributes);
  return {
    traceId,
    spanId,
    ...(parentSpanId && { parentSpanId: toHex(parentSpanId, 8) }),
    service,
    version,
    name: String(name),
    kind: readEnum(SPAN_KINDS, span.kind, "SPAN_KIND_", 1) ?? "internal",
    startNs: start,
    durationNs: Math.max(0, Number(BigInt(end) - BigInt(start))),
    status: readEnum(STATUSES, status.code, "STATUS_CODE_", 0) ?? "unset",
    ...(status.message && { statusMessage: String(status.message) }),
    ...tenantOf(attributes["tenant.id"]),
    attributes,
    events: events.map((event) => ({
      timeNs: nanoseconds(event.timeUnixNano),
      name: String(event.name ?? ""),
      attributes: readAttributes(event.attributes),
    })),
    links: links.map((link) => ({ traceId: toHex(link.traceId, 16), spanId: toHex(link.spanId, 8) })),
  };
}

/** An id of so many bytes in hexadecimal digits, which may be given in base64. */
function toHex(id: string | undefined, bytes: number): string {
  const text = String(id ?? "");
  return text.length === 2 * bytes ? text.toLowerCase() : Buffer.from(text, "base64").toString("hex");
}

function readEnum<T extends string>(
  names: readonly T[],
  value: number | string | undefined,
  prefix: string,
  first: number,
): T | undefined {
  if (typeof value !== "string" || !value.startsWith(prefix)) return names[Number(value ?? 0) - first];
  return names.find((name) => name === value.slice(prefix.length).toLowerCase());
}

function readResourceLogs(group: Record<string, unknown>): LogLine[] {
  const resource = readAttributes((group as Resource).resource?.attributes);
  const labels = {
    service: textOf(resource["service.name"]),
    version: textOf(resource["service.version"]),
    env: textOf(resource["deployment.environment.name"] ?? resource["deployment.environment"]),
    account: Number(resource[ACCOUNT] ?? 0),
  };
  return listOf(group.scopeLogs)
    .flatMap(({ logRecords }) => listOf(logRecords) as OtlpLogRecord[])
    .map((record) => ({ ...labels, ...readLogRecord(record) }));
}

function readLogRecord(record: OtlpLogRecord): Omit<LogLine, "service" | "version" | "env" | "account"> {
  const attributes = readAttributes(record.attributes);
  const { "tenant.id": tenant, correlation_id: correlationId, ...fields } = attributes;
  const severity = Math.floor((Number(record.severityNumber ?? 0) - 1) / FIRST_SEVERITY);
  return {
    timeNs: nanoseconds(record.timeUnixNano ?? record.observedTimeUnixNano),
    level: LEVELS[severity] ?? "info",
    message: textOf(readValue(record.body)),
    ...tenantOf(tenant),
    ...(record.traceId && { traceId: String(record.traceId).toLowerCase() }),
    ...(record.spanId && { spanId: String(record.spanId).toLowerCase() }),
    ...(correlationId !== undefined && { correlationId: textOf(correlationId) }),
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, textOf(value)])),
  };
}

function readAttributes(attributes: readonly OtlpAttribute[] | undefined): Attributes {
  if (attributes !== undefined && !Array.isArray(attributes)) throw new Error("attributes must be a list");
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [String(key), readValue(value) ?? ""]));
}

function readValue(value: OtlpValue | undefined): AttributeValue | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value.stringValue !== undefined) return String(value.stringValue);
  if (value.boolValue !== undefined) return value.boolValue === true;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.arrayValue !== undefined)
    return (value.arrayValue.values ?? []).flatMap((each) => (readValue(each) ?? []) as string);
  return JSON.stringify(value);
}

function textOf(value: AttributeValue | undefined): string {
  return value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function tenantOf(value: AttributeValue | undefined): { tenant?: number } {
  const tenant = Number(value);
  return value !== undefined && value !== "" && Number.isSafeInteger(tenant) ? { tenant } : {};
}

function nanoseconds(value: string | number | undefined): string {
  const text = String(value ?? "");
  if (!/^\d{1,19}$/.test(text)) throw new Error(`'${text.slice(0, 40)}' is not a time in nanoseconds`);
  return text;
}
