import { fromSpanDocument, NO_SPANS, SPANS } from "../../../collector/span-document.ts";
import { INFRASTRUCTURE_ACCOUNT } from "../../../collector/store/account.ts";
import type { StoredDocument, VictoriaLogs } from "../../../collector/store/victoria-logs.ts";
import type { TraceSource } from "../../model/sources.ts";
import type { Span, TraceFilter, TraceSummary } from "../../model/span.ts";
import { groupByTrace, summarizeTrace } from "../../model/trace-summary.ts";
import { quoteLogsql } from "../logs/logsql.ts";
import type { SecretMask } from "../secrets.ts";
import { spanQuery } from "./span-query.ts";

/** A larger trace is cut: no screen shows more, and its spans would fill the page's memory. */
const MAX_SPANS = 10_000;
/** Spans that are looked at for one trace of a list: a trace may have many that match. */
const SPANS_PER_TRACE = 20;
/** Around a matching span, where the rest of its trace is looked for. */
const TRACE_WINDOW_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** The store refuses a query of more than 16 KiB. */
const IDS_PER_QUERY = 200;
const SUMMARY_FIELDS = "_time,_msg,kind,service,version,trace_id,span_id,parent_span_id,duration_ns,status,tenant_id";

/** Spans that the collector keeps as documents of a VictoriaLogs. */
export class VictoriaTraceSource implements TraceSource {
  private readonly store: VictoriaLogs;
  private readonly mask: SecretMask;

  constructor(store: VictoriaLogs, mask: SecretMask) {
    this.store = store;
    this.mask = mask;
  }

  async search(filter: TraceFilter, limit: number): Promise<TraceSummary[]> {
    const range = { from: filter.from ?? Date.now() - DAY_MS, to: (filter.to ?? Date.now() + DAY_MS) + 1 };
    const query = `${spanQuery(filter)} | fields _time,trace_id`;
    const matching = await this.find(query, { ...range, limit: limit * SPANS_PER_TRACE });
    const ids = [...new Set(matching.map(({ trace_id = "" }) => trace_id))].slice(0, limit);
    if (ids.length === 0) return [];
    const times = matching
      .filter(({ trace_id = "" }) => ids.includes(trace_id))
      .map(({ _time = "" }) => Date.parse(_time));
    const around = { from: Math.min(...times) - TRACE_WINDOW_MS, to: Math.max(...times) + TRACE_WINDOW_MS };
    const spans: Span[] = [];
    for (let at = 0; at < ids.length; at += IDS_PER_QUERY) {
      const some = ids
        .slice(at, at + IDS_PER_QUERY)
        .map(quoteLogsql)
        .join(",");
      const query = `${SPANS} trace_id:in(${some}) | fields ${SUMMARY_FIELDS}`;
      spans.push(...(await this.spans(query, { ...around, limit: MAX_SPANS })));
    }
    return [...groupByTrace(spans).values()]
      .map(summarizeTrace)
      .sort((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? 1 : -1));
  }

  async get(traceId: string): Promise<Span[]> {
    const spans = await this.spans(`${SPANS} trace_id:=${quoteLogsql(traceId)}`, { limit: MAX_SPANS });
    return spans.sort((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? -1 : 1));
  }

  async services(): Promise<string[]> {
    const since = { from: Date.now() - DAY_MS, to: Date.now() + DAY_MS };
    const query = (kind: string) => `${kind} | uniq by (service) limit 1000`;
    const found = await Promise.all([this.find(query(SPANS), since), this.find(query(NO_SPANS), since)]);
    return [...new Set(found.flat().flatMap(({ service }) => service || []))].sort();
  }

  private async spans(query: string, options: { from?: number; to?: number; limit: number }): Promise<Span[]> {
    const documents = await this.find(query, options);
    return documents.flatMap((document) => {
      // Attributes and events are JSON texts here, so one pass reaches all of them.
      const shown = Object.fromEntries(
        Object.entries(document).map(([name, value]) => [name, this.masked(name, value)]),
      );
      return fromSpanDocument(shown) ?? [];
    });
  }

  private masked(name: string, value: string): string {
    return name === "_msg" || name === "attributes" || name === "events" || name === "status_message"
      ? this.mask.text(value)
      : value;
  }

  private find(query: string, options: { from?: number; to?: number; limit?: number }): Promise<StoredDocument[]> {
    return this.store.find(INFRASTRUCTURE_ACCOUNT, query, options);
  }
}
