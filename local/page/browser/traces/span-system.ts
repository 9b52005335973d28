import type { Attributes, Span } from "../../model/span.ts";

/** What a span's work goes through. Each has a colour and a word. */
export type System = "http" | "grpc" | "kafka" | "sql" | "cache" | "internal";

const LABELS: Record<System, string> = {
  http: "HTTP",
  grpc: "gRPC",
  kafka: "Kafka",
  sql: "SQL",
  cache: "Cache",
  internal: "internal",
};

const CACHES = new Set(["redis", "valkey", "memcached"]);

/** By OpenTelemetry's conventions, the older names of attributes included. */
export function systemOf({ attributes, kind }: Span): System {
  if (has(attributes, "messaging.") || kind === "producer" || kind === "consumer") return "kafka";
  if (has(attributes, "rpc.")) return "grpc";
  const database = attributes["db.system.name"] ?? attributes["db.system"];
  if (database !== undefined) return CACHES.has(String(database)) ? "cache" : "sql";
  if (has(attributes, "db.")) return "sql";
  if (has(attributes, "http.") || attributes["url.path"] !== undefined) return "http";
  return "internal";
}

/** Such as "HTTP server" or "SQL". */
export function labelOf(span: Span): string {
  const system = systemOf(span);
  const side = span.kind === "internal" || system === "sql" || system === "cache" ? "" : ` ${span.kind}`;
  return LABELS[system] + side;
}

/** For a narrow place: arrows for what leaves the service, and for what a queue brings. */
export function shortLabelOf(span: Span): string {
  const system = systemOf(span);
  if (system === "sql" || system === "cache") return LABELS[system];
  const arrow = span.kind === "client" || span.kind === "producer" ? " ↗" : span.kind === "consumer" ? " ↘" : "";
  return LABELS[system] + arrow;
}

function has(attributes: Attributes, prefix: string): boolean {
  return Object.keys(attributes).some((name) => name.startsWith(prefix));
}
