import type { TraceSource } from "@plinth/local/page/model/sources.ts";
import type { Span, SpanKind, TraceFilter, TraceSummary } from "@plinth/local/page/model/span.ts";
import { groupByTrace, summarizeTrace } from "@plinth/local/page/model/trace-summary.ts";
import { HOSTILE } from "./fixture-names.ts";

const BET: readonly [SpanKind, string, string, number, number, Span["attributes"], number?][] = [
  ["server", "gateway", "POST /api/v1/bets", 0, 48, { "http.request.method": "POST", "http.route": "/api/v1/bets" }],
  ["client", "gateway", "POST wallet", 2, 44, { "http.request.method": "POST", "url.full": "http://wallet/bets" }, 0],
  ["server", "wallet", "POST /bets", 3, 42, { "http.request.method": "POST", "http.route": "/bets" }, 1],
  ["client", "wallet", "plinth.users.v1.Users/Check", 4, 6, { "rpc.system": "grpc", "rpc.method": "Check" }, 2],
  ["server", "users", "plinth.users.v1.Users/Check", 5, 4, { "rpc.system": "grpc", "rpc.method": "Check" }, 3],
  ["client", "users", "GET user", 6, 1, { "db.system.name": "redis" }, 4],
  ["client", "wallet", "BEGIN; INSERT bets; INSERT outbox", 12, 14, { "db.system.name": "postgresql" }, 2],
  ["producer", "wallet", "wallet.bet-placed publish", 90, 9, { "messaging.system": "kafka" }, 2],
  ["consumer", "ledger", "wallet.bet-placed process", 104, 31, { "messaging.system": "kafka" }, 7],
  ["client", "ledger", "UPDATE balances", 108, 17, { "db.system.name": "postgresql", "db.query.text": "UPDATE …" }, 8],
  ["internal", "ledger", HOSTILE, 126, 6, { note: HOSTILE }, 8],
];

export function traceId(index: number): string {
  return (0x5a00_0000_0000 + index).toString(16).padStart(32, "a");
}

export class FixtureTraces implements TraceSource {
  readonly spans: Span[];
  private readonly services_: readonly string[];

  constructor(services: readonly string[], count: number, now = Date.now()) {
    this.services_ = services;
    this.spans = Array.from({ length: count }, (_, index) => createBet(index, now - index * 900)).flat();
  }

  async search(filter: TraceFilter, limit: number): Promise<TraceSummary[]> {
    const traces = [...groupByTrace(this.spans.filter((span) => inTime(span, filter))).values()];
    return traces
      .filter((spans) => spans.some((span) => matches(span, filter)))
      .map(summarizeTrace)
      .filter(({ durationNs }) => durationNs >= (filter.minDurationMs ?? 0) * 1e6)
      .sort((a, b) => (a.startNs < b.startNs ? 1 : -1))
      .slice(0, limit);
  }

  async get(id: string): Promise<Span[]> {
    return this.spans.filter((span) => span.traceId === id);
  }

  async services(): Promise<string[]> {
    return [...this.services_];
  }
}

/** A bet through HTTP, gRPC, SQL and Kafka. Every seventh one fails. */
function createBet(index: number, startMs: number): Span[] {
  const failed = index % 7 === 3;
  const factor = 1 + (index % 13) / 4;
  return BET.map(([kind, service, name, startAt, duration, attributes, parent], place) => ({
    traceId: traceId(index),
    spanId: spanId(index, place),
    ...(parent !== undefined && { parentSpanId: spanId(index, parent) }),
    service,
    version: "1.4.0",
    name,
    kind,
    startNs: `${Math.floor(startMs + startAt * factor)}000000`,
    durationNs: Math.round(duration * factor * 1e6),
    status: failed && (place === 9 || place === 8) ? "error" : "ok",
    ...(failed && place === 9 && { statusMessage: "deadlock detected" }),
    tenant: 20_000 + (index % 5),
    attributes: { ...attributes, "tenant.id": 20_000 + (index % 5) },
    events:
      failed && place === 9
        ? [
            {
              timeNs: `${Math.floor(startMs + (startAt + 9) * factor)}000000`,
              name: "exception",
              attributes: { "exception.type": "DatabaseError", "exception.message": `deadlock detected ${HOSTILE}` },
            },
          ]
        : [],
    links: place === 8 && index > 0 ? [{ traceId: traceId(index - 1), spanId: spanId(index - 1, 7) }] : [],
  }));
}

/** A trace of many spans: a list with one query for each of its rows. */
export function createLargeTrace(id: string, count: number, startMs = Date.now() - 60_000): Span[] {
  return Array.from({ length: count }, (_, index) => ({
    traceId: id,
    spanId: (index + 1).toString(16).padStart(16, "0"),
    ...(index > 0 && {
      parentSpanId: (index % 10 === 0 ? 1 : index - (index % 10) + 1).toString(16).padStart(16, "0"),
    }),
    service: index % 3 === 0 ? "catalog" : "search",
    version: "1.4.0",
    name: index === 0 ? "GET /products" : `SELECT product ${index}`,
    kind: index === 0 ? ("server" as const) : ("client" as const),
    startNs: `${startMs + index}000000`,
    durationNs: index === 0 ? count * 1e6 : 4e6,
    status: "ok" as const,
    attributes: index === 0 ? { "http.route": "/products" } : { "db.system.name": "postgresql" },
    events: [],
    links: [],
  }));
}

/** Of the span at a place of the trace with this index. */
export function spanId(trace: number, place: number): string {
  return (trace * 16 + place + 1).toString(16).padStart(16, "c");
}

function inTime({ startNs }: Span, { from, to }: TraceFilter): boolean {
  const ms = Number(startNs.slice(0, -6));
  return ms >= (from ?? 0) && ms < (to ?? Number.POSITIVE_INFINITY);
}

function matches(span: Span, filter: TraceFilter): boolean {
  const [key = "", value] = filter.attribute?.split("=") ?? [];
  return (
    (filter.service === undefined || span.service === filter.service) &&
    (filter.name === undefined || span.name.includes(filter.name)) &&
    (filter.tenant === undefined || span.tenant === filter.tenant) &&
    (filter.status === undefined || span.status === "error") &&
    (filter.attribute === undefined || String(span.attributes[key]) === value)
  );
}
