/** `AnyValue` of OpenTelemetry, decoded: a list, a map and bytes are themselves made of values. */
export type OtlpValue = string | number | boolean | null | OtlpValue[] | { [key: string]: OtlpValue };

export type OtlpAttributes = Record<string, OtlpValue>;

/** A span as it was received; ids in hexadecimal, times in nanoseconds since 1970. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  startNs: bigint;
  endNs: bigint;
  attributes: OtlpAttributes;
  events: { timeNs: bigint; name: string; attributes: OtlpAttributes }[];
  links: { traceId: string; spanId: string }[];
  statusCode: number;
  statusMessage: string;
}

/** A log record as it was received. */
export interface OtlpLogRecord {
  /** 0 if unknown. */
  timeNs: bigint;
  observedNs: bigint;
  severityNumber: number;
  severityText: string;
  body: OtlpValue;
  attributes: OtlpAttributes;
  traceId: string;
  spanId: string;
}

/** What one resource sent, such as a process of a service. */
export interface ResourceItems<T> {
  resource: OtlpAttributes;
  items: T[];
}

/** Values are nested no deeper. */
export const MAX_DEPTH = 8;
