export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];
export type Attributes = Record<string, AttributeValue>;

/** A span as the store keeps it. Names of attributes are those of OpenTelemetry's conventions. */
export interface Span {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  parentSpanId?: string;
  service: string;
  version: string;
  name: string;
  kind: SpanKind;
  /** Nanoseconds since 1970, as decimal text. */
  startNs: string;
  durationNs: number;
  status: "unset" | "ok" | "error";
  statusMessage?: string;
  /** Value of the attribute `tenant.id`. */
  tenant?: number;
  attributes: Attributes;
  events: { timeNs: string; name: string; attributes: Attributes }[];
  links: { traceId: string; spanId: string }[];
}

export interface TraceFilter {
  service?: string;
  /** Text that a span's name contains. */
  name?: string;
  tenant?: number;
  status?: "error";
  minDurationMs?: number;
  /** `key=value` of an attribute. */
  attribute?: string;
  /** Milliseconds since 1970. */
  from?: number;
  to?: number;
}

/** One line in the list of traces. */
export interface TraceSummary {
  traceId: string;
  /** Name and service of the root, or of the earliest span when the root is missing. */
  name: string;
  service: string;
  startNs: string;
  durationNs: number;
  spans: number;
  errors: number;
  services: string[];
  tenant?: number;
}
