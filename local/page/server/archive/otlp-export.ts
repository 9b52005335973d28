import { LEVELS, type LogLine } from "../../model/log-line.ts";
import type { Attributes, AttributeValue, Span } from "../../model/span.ts";

// OTLP's JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

/** In the order of OTLP's numbers for a span's kind, from 1. */
const SPAN_KINDS = ["internal", "server", "client", "producer", "consumer"] as const;
/** By OTLP's number. */
const STATUSES = ["unset", "ok", "error"] as const;
/** OTLP numbers severities from 1 to 24, four for each level. */
export const SEVERITIES_OF_LEVEL = 4;
/** Attribute of an exported line: the account in which it was. */
export const ACCOUNT = "plinth.account";
const SCOPE = { name: "plinth" };

/** Spans as `resourceSpans`, one for each service and version. */
export function toResourceSpans(spans: readonly Span[]): unknown[] {
  const groups = Map.groupBy(spans, ({ service, version }) => JSON.stringify([service, version]));
  return [...groups.values()].map((group) => ({
    resource: resourceOf({ "service.name": group[0]!.service, "service.version": group[0]!.version }),
    scopeSpans: [{ scope: SCOPE, spans: group.map(toOtlpSpan) }],
  }));
}

/** Lines as `resourceLogs`, one for each service, environment, version and account. */
export function toResourceLogs(lines: readonly LogLine[]): unknown[] {
  const groups = Map.groupBy(lines, ({ service, env, version, account }) =>
    JSON.stringify([service, env, version, account]),
  );
  return [...groups.values()].map((group) => {
    const { service, env, version, account } = group[0]!;
    return {
      resource: resourceOf({
        "service.name": service,
        "service.version": version,
        "deployment.environment.name": env,
        [ACCOUNT]: account,
      }),
      scopeLogs: [{ scope: SCOPE, logRecords: group.map(toLogRecord) }],
    };
  });
}

function toOtlpSpan(span: Span) {
  const { traceId, spanId, parentSpanId, name, kind, startNs, durationNs, status, statusMessage, links } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: SPAN_KINDS.indexOf(kind) + 1,
    startTimeUnixNano: startNs,
    endTimeUnixNano: String(BigInt(startNs) + BigInt(Math.round(durationNs))),
    attributes: toAttributes(withTenant(span.attributes, span.tenant)),
    events: span.events.map((event) => ({
      timeUnixNano: event.timeNs,
      name: event.name,
      attributes: toAttributes(event.attributes),
    })),
    links,
    status: { code: STATUSES.indexOf(status), ...(statusMessage !== undefined && { message: statusMessage }) },
  };
}

function toLogRecord({ timeNs, level, message, traceId, spanId, tenant, correlationId, fields }: LogLine) {
  const attributes = { ...fields, ...(correlationId !== undefined && { correlation_id: correlationId }) };
  return {
    timeUnixNano: timeNs,
    severityNumber: 1 + SEVERITIES_OF_LEVEL * LEVELS.indexOf(level),
    severityText: level,
    body: { stringValue: message },
    attributes: toAttributes(withTenant(attributes, tenant)),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
  };
}

function withTenant(attributes: Attributes, tenant: number | undefined): Attributes {
  return tenant === undefined ? attributes : { ...attributes, "tenant.id": attributes["tenant.id"] ?? String(tenant) };
}

function resourceOf(attributes: Attributes) {
  return { attributes: toAttributes(attributes) };
}

function toAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toValue(value) }));
}

function toValue(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value !== "number") return { arrayValue: { values: value.map(toValue) } };
  // As text, since a double does not hold every one.
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
