import type { Span, TraceSummary } from "./span.ts";

/** One line for the spans of a trace, of which there is at least one. */
export function summarizeTrace(spans: readonly Span[]): TraceSummary {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const earliest = (a: Span, b: Span) => (BigInt(a.startNs) <= BigInt(b.startNs) ? a : b);
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
  const root = (roots.length > 0 ? roots : spans).reduce(earliest);
  const start = BigInt(spans.reduce(earliest).startNs);
  // A double holds a duration, not a time.
  const endOf = ({ startNs, durationNs }: Span) => Number(BigInt(startNs) - start) + durationNs;
  const tenant = spans.find((span) => span.tenant !== undefined)?.tenant;
  return {
    traceId: root.traceId,
    name: root.name,
    service: root.service,
    startNs: String(start),
    durationNs: Math.max(...spans.map(endOf)),
    spans: spans.length,
    errors: spans.filter(({ status }) => status === "error").length,
    services: [...new Set(spans.map(({ service }) => service))],
    ...(tenant !== undefined && { tenant }),
  };
}

/** Traces by their id, in the order in which the ids first occur. */
export function groupByTrace(spans: readonly Span[]): Map<string, Span[]> {
  return Map.groupBy(spans, ({ traceId }) => traceId);
}
