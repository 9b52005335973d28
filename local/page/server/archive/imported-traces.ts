import type { TraceSource } from "../../model/sources.ts";
import type { Span, TraceFilter, TraceSummary } from "../../model/span.ts";
import { groupByTrace, summarizeTrace } from "../../model/trace-summary.ts";

/** Spans of an opened file. */
export class ImportedTraces implements TraceSource {
  private readonly traces: ReadonlyMap<string, Span[]>;

  constructor(spans: readonly Span[]) {
    this.traces = groupByTrace([...spans].sort((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? -1 : 1)));
  }

  async search(filter: TraceFilter, limit: number): Promise<TraceSummary[]> {
    return [...this.traces.values()]
      .filter((spans) => spans.some((span) => matchesSpan(span, filter)))
      .map(summarizeTrace)
      .sort((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? 1 : -1))
      .slice(0, limit);
  }

  async get(traceId: string): Promise<Span[]> {
    return this.traces.get(traceId) ?? [];
  }

  async services(): Promise<string[]> {
    return [...new Set([...this.traces.values()].flat().map(({ service }) => service))].sort();
  }
}

function matchesSpan(span: Span, filter: TraceFilter): boolean {
  const { service, name, tenant, status, minDurationMs, attribute, from, to } = filter;
  const ms = Number(BigInt(span.startNs) / 1_000_000n);
  const [key = "", ...value] = (attribute ?? "").split("=");
  return (
    (service === undefined || span.service === service) &&
    (name === undefined || span.name.toLowerCase().includes(name.toLowerCase())) &&
    (tenant === undefined || span.tenant === tenant) &&
    (status === undefined || span.status === status) &&
    (minDurationMs === undefined || span.durationNs >= minDurationMs * 1e6) &&
    (attribute === undefined || String(span.attributes[key]) === value.join("=")) &&
    (from === undefined || ms >= from) &&
    (to === undefined || ms <= to)
  );
}
