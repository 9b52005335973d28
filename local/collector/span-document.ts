import type { Attributes, Span, SpanKind } from "../page/model/span.ts";
import type { StoredDocument } from "./store/victoria-logs.ts";

/**
 * A span as the log store keeps it, in the account of the infrastructure. Attributes, events and
 * links are JSON texts: whatever a client sends, a span has a bounded number of columns.
 */
export interface SpanDocument {
  /** Nanoseconds since 1970 as text. Read again it is RFC 3339. */
  _time: string;
  /** The span's name. */
  _msg: string;
  kind: "span";
  service: string;
  version: string;
  trace_id: string;
  span_id: string;
  parent_span_id?: string;
  span_kind: SpanKind;
  duration_ns: string;
  status: Span["status"];
  status_message?: string;
  tenant_id?: string;
  attributes: string;
  events?: string;
  links?: string;
}

export const SPAN_STREAM_FIELDS = ["kind", "service"] as const;

/** LogsQL that chooses spans only, and everything else. */
export const SPANS = '{kind="span"}';
export const NO_SPANS = 'kind:!="span"';

export function toSpanDocument(span: Span): SpanDocument {
  return {
    _time: span.startNs,
    _msg: span.name,
    kind: "span",
    service: span.service,
    version: span.version,
    trace_id: span.traceId,
    span_id: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parent_span_id: span.parentSpanId }),
    span_kind: span.kind,
    duration_ns: String(span.durationNs),
    status: span.status,
    ...(span.statusMessage === undefined ? {} : { status_message: span.statusMessage }),
    ...(span.tenant === undefined ? {} : { tenant_id: String(span.tenant) }),
    attributes: JSON.stringify(span.attributes),
    ...(span.events.length === 0 ? {} : { events: JSON.stringify(span.events) }),
    ...(span.links.length === 0 ? {} : { links: JSON.stringify(span.links) }),
  };
}

/** Undefined for a document that is no span. */
export function fromSpanDocument(document: StoredDocument): Span | undefined {
  const { _time, trace_id, span_id } = document;
  if (document.kind !== "span" || _time === undefined || trace_id === undefined || span_id === undefined)
    return undefined;
  return {
    traceId: trace_id,
    spanId: span_id,
    ...(document.parent_span_id ? { parentSpanId: document.parent_span_id } : {}),
    service: document.service ?? "",
    version: document.version ?? "",
    name: document._msg ?? "",
    kind: (document.span_kind ?? "internal") as SpanKind,
    startNs: toNanoseconds(_time),
    durationNs: Number(document.duration_ns ?? 0),
    status: (document.status ?? "unset") as Span["status"],
    ...(document.status_message ? { statusMessage: document.status_message } : {}),
    ...(document.tenant_id ? { tenant: Number(document.tenant_id) } : {}),
    attributes: parseOr<Attributes>(document.attributes, {}),
    events: parseOr<Span["events"]>(document.events, []),
    links: parseOr<Span["links"]>(document.links, []),
  };
}

/** Nanoseconds since 1970 of a time in RFC 3339, such as `2026-11-28T09:40:00.123456789Z`. */
export function toNanoseconds(time: string): string {
  const [seconds = "", fraction = ""] = time.replace(/Z$/, "").split(".");
  const ns = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9) || "0");
  return ns.toString();
}

function parseOr<T>(json: string | undefined, otherwise: T): T {
  if (json === undefined || json === "") return otherwise;
  try {
    return JSON.parse(json) as T;
  } catch {
    return otherwise;
  }
}
