import { describeCaught, isInstance, readText } from "../core/caught-value.ts";
import { redactMessage } from "../core/redacted-text.ts";
import type { TraceContext } from "../core/trace-context.ts";
import { ERROR_TYPE, SERVICE_NAME, SERVICE_VERSION } from "./attributes.ts";
import type { SpanAttributes, SpanKind } from "./span.ts";

/** A recorded span at its end. */
export interface EndedSpan {
  name: string;
  kind: SpanKind;
  context: TraceContext;
  parent: TraceContext | undefined;
  /** Milliseconds since 1970, with fractions. */
  startMs: number;
  endMs: number;
  attributes: SpanAttributes;
  links: readonly TraceContext[];
  error: unknown;
}

export interface SpanResource {
  service: string;
  version: string;
  /** Stands in for `service`. */
  serviceName?: string | undefined;
  /**
   * Attributes as in `OTEL_RESOURCE_ATTRIBUTES`: `key=value`, percent-encoded, separated by commas.
   */
  resourceAttributes?: string | undefined;
}

const KINDS: Record<SpanKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const ERROR_STATUS = 2;
/** As OpenTelemetry's SDKs limit them. */
const MAX_LINKS = 128;
/** Trace flags, and whether the parent is in another process. Source: OTLP, `SpanFlags`. */
const FLAGS = { sampled: 0x001, hasIsRemote: 0x100, isRemote: 0x200 };

/**
 * Returns a function that encodes spans as the body of an export: OTLP's JSON, where numbers of 64
 * bits are texts and ids hexadecimal. A `tracestate` is left out, because it may hold whatever a
 * caller wrote; it is passed on all the same.
 */
export function createSpanEncoder(resource: SpanResource): (spans: readonly EndedSpan[]) => string {
  const head = JSON.stringify({ attributes: toKeyValues(readResource(resource)) });
  return (spans) =>
    `{"resourceSpans":[{"resource":${head},"scopeSpans":[{"scope":{"name":"@plinth/kit"},"spans":${JSON.stringify(spans.map(toOtlpSpan))}}]}]}`;
}

function readResource({ service, version, serviceName, resourceAttributes = "" }: SpanResource): SpanAttributes {
  const given = resourceAttributes.split(",").flatMap((pair) => {
    const [, key = "", value = ""] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(pair) ?? [];
    return key === "" ? [] : [[decodePercent(key), decodePercent(value.trim())]];
  });
  return {
    [SERVICE_NAME]: service,
    [SERVICE_VERSION]: version,
    ...(Object.fromEntries(given) as SpanAttributes),
    ...(serviceName === undefined ? {} : { [SERVICE_NAME]: serviceName }),
  };
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function toOtlpSpan(span: EndedSpan): object {
  const { name, kind, context, parent, error, links } = span;
  const isRemote = kind === "server" || kind === "consumer";
  const errorType = isInstance(error, Error) ? { [ERROR_TYPE]: readText(error, "name") ?? "Error" } : {};
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parent && { parentSpanId: parent.spanId }),
    flags: (context.sampled ? FLAGS.sampled : 0) | FLAGS.hasIsRemote | (parent && isRemote ? FLAGS.isRemote : 0),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: toNanoseconds(span.startMs),
    endTimeUnixNano: toNanoseconds(span.endMs),
    attributes: toKeyValues({ ...errorType, ...span.attributes }),
    status: error === undefined ? { code: 0 } : { code: ERROR_STATUS, message: redactMessage(error) },
    ...(links.length > 0 && {
      links: links.slice(0, MAX_LINKS).map(({ traceId, spanId }) => ({ traceId, spanId, attributes: [] })),
      droppedLinksCount: Math.max(0, links.length - MAX_LINKS),
    }),
  };
}

function toKeyValues(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toAnyValue(value) }));
}

function toAnyValue(value: string | number): object {
  if (typeof value === "string") return { stringValue: value };
  if (Number.isSafeInteger(value)) return { intValue: value };
  // JSON has no NaN, and a service may pass what is neither text nor number.
  return Number.isFinite(value) ? { doubleValue: value } : { stringValue: describeCaught(value) };
}

/** The product would exceed what a number holds exactly. */
function toNanoseconds(ms: number): string {
  const whole = Math.trunc(ms);
  return `${whole}${String(Math.min(999_999, Math.round((ms - whole) * 1e6))).padStart(6, "0")}`;
}
