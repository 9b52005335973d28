import { requestText } from "@plinth/local/collector/http/request.ts";
import { PageError } from "@plinth/local/page/model/page-error.ts";
import type { TraceSource } from "@plinth/local/page/model/sources.ts";
import type { Span, TraceFilter, TraceSummary } from "@plinth/local/page/model/span.ts";
import { readSpans } from "@plinth/local/page/server/archive/otlp-import.ts";
import type { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { traceQuery } from "./tempo-query.ts";

interface FoundTrace {
  traceID: string;
  rootServiceName?: string;
  rootTraceName?: string;
  startTimeUnixNano?: string;
  durationMs?: number;
  serviceStats?: Record<string, { spanCount?: number; errorCount?: number }>;
}

interface TraceAnswer {
  trace?: { resourceSpans?: object[] };
}

/** Ids in protobuf's JSON are base64, of 16 and 8 bytes. */
const ID_FIELDS = new Set(["traceId", "spanId", "parentSpanId"]);

const TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;

/** Traces of a Tempo: https://grafana.com/docs/tempo/latest/api_docs/ */
export class TempoSource implements TraceSource {
  readonly services: () => Promise<string[]>;
  private readonly url: string;
  private readonly mask: SecretMask;

  /** @param services names that Loki knows, as those without a span count, too */
  constructor(url: string, mask: SecretMask, services: () => Promise<string[]>) {
    this.url = url.replace(/\/$/, "");
    this.mask = mask;
    this.services = services;
  }

  async search(filter: TraceFilter, limit: number): Promise<TraceSummary[]> {
    const { from = Date.now() - DAY_MS, to = Date.now() } = filter;
    const found = await this.request<{ traces?: FoundTrace[] }>("search", {
      q: traceQuery(filter),
      start: String(Math.floor(from / 1000)),
      end: String(Math.ceil(to / 1000) + 1),
      limit: String(limit),
    });
    return (found?.traces ?? [])
      .map((trace) => summarize(trace, filter.tenant, this.mask))
      .sort((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? 1 : -1));
  }

  async get(traceId: string): Promise<Span[]> {
    const found = await this.request<TraceAnswer>(`v2/traces/${encodeURIComponent(traceId)}`, {});
    const text = this.mask.text(JSON.stringify({ resourceSpans: found?.trace?.resourceSpans ?? [] }));
    return readSpans(JSON.parse(text, withHexadecimalIds) as object).sort((a, b) =>
      BigInt(a.startNs) < BigInt(b.startNs) ? -1 : 1,
    );
  }

  /** Undefined for a trace that Tempo does not have. */
  private async request<T>(path: string, parameters: Record<string, string>): Promise<T | undefined> {
    const address = `${this.url}/api/${path}?${new URLSearchParams(parameters)}`;
    const options = { headers: { accept: "application/json" }, timeoutMs: TIMEOUT_MS };
    const { status, body } = await requestText(address, options).catch((error: Error) => {
      throw new PageError(503, `Tempo does not answer: ${error.message}`);
    });
    if (status === 404) return undefined;
    if (status >= 300)
      throw new PageError(status === 400 ? 400 : 503, `Tempo answered ${status}: ${body.trim().slice(0, 300)}`);
    return JSON.parse(body) as T;
  }
}

function withHexadecimalIds(name: string, value: unknown): unknown {
  const isBase64 = ID_FIELDS.has(name) && typeof value === "string" && (value.length === 24 || value.length === 12);
  return isBase64 ? Buffer.from(value, "base64").toString("hex") : value;
}

function summarize(trace: FoundTrace, tenant: number | undefined, mask: SecretMask): TraceSummary {
  const stats = Object.values(trace.serviceStats ?? {});
  const { rootServiceName: service = "", rootTraceName: name = "" } = trace;
  return {
    // Tempo leaves leading zeros out.
    traceId: trace.traceID.padStart(32, "0"),
    name: mask.text(name),
    service,
    startNs: trace.startTimeUnixNano ?? "0",
    durationNs: (trace.durationMs ?? 0) * 1e6,
    spans: stats.reduce((sum, { spanCount = 0 }) => sum + spanCount, 0),
    errors: stats.reduce((sum, { errorCount = 0 }) => sum + errorCount, 0),
    services: trace.serviceStats ? Object.keys(trace.serviceStats) : [service],
    ...(tenant !== undefined && { tenant }),
  };
}
