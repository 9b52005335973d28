import { AsyncLocalStorage } from "node:async_hooks";

/** Where in which trace some work happens. Source: W3C Trace Context, levels 1 and 2. */
export interface TraceContext {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** 16 hexadecimal digits, lower case. */
  readonly spanId: string;
  /** Whether the trace is recorded. Decided where the trace begins; every later span follows. */
  readonly sampled: boolean;
  /** What the vendors of earlier spans have to say, as it was received: passed on unchanged. */
  readonly tracestate?: string | undefined;
}

/** Headers that carry a trace and its baggage, over HTTP, gRPC and Kafka alike. */
export interface TraceHeaders {
  traceparent?: string;
  tracestate?: string;
  /** Source: W3C Baggage. */
  baggage?: string;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Characters that every receiver takes. Source: W3C Trace Context, 3.3.1.5; W3C Baggage, 3.3.2. */
const MAX_TRACESTATE_CHARS = 512;
const MAX_BAGGAGE_CHARS = 8192;

/**
 * The context that received headers give; undefined when `traceparent` is missing or malformed: a
 * new trace begins then, and its sender's `tracestate` does not belong to it.
 */
export function parseTraceparent(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  if (typeof traceparent !== "string") return undefined;
  const fields = TRACEPARENT.exec(traceparent);
  // Version 00 ends after the flags. Later versions may add fields, which are skipped.
  if (!fields || (fields[1] === "00" && fields[5] !== undefined)) return undefined;
  return {
    traceId: fields[2] as string,
    spanId: fields[3] as string,
    sampled: (Number.parseInt(fields[4] as string, 16) & 1) === 1,
    tracestate: boundedHeader(tracestate, MAX_TRACESTATE_CHARS),
  };
}

/** The `baggage` header as it is passed on; undefined when it is missing, empty or too long. */
export function parseBaggage(baggage: unknown): string | undefined {
  return boundedHeader(baggage, MAX_BAGGAGE_CHARS);
}

/** A list cut short could end within a member, so a list that is too long is dropped whole. */
function boundedHeader(value: unknown, maxChars: number): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= maxChars ? value : undefined;
}

/** The value of the `traceparent` header for calls within `context`. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/** The headers for calls within `context`, with the baggage of the calling code. */
export function formatTraceHeaders(context: TraceContext): TraceHeaders {
  const baggage = currentBaggage();
  return {
    traceparent: formatTraceparent(context),
    ...(context.tracestate === undefined ? {} : { tracestate: context.tracestate }),
    ...(baggage === undefined ? {} : { baggage }),
  };
}

/** What the running code works for. */
export interface ActiveRequest {
  context?: TraceContext | undefined;
  correlationId?: string | undefined;
  /** The `baggage` header. */
  baggage?: string | undefined;
  /** Known once the request's tenant is checked. */
  tenantId?: number | undefined;
}

const activeRequest = new AsyncLocalStorage<ActiveRequest>();

/** The request of the calling code, through awaits and callbacks; undefined outside of any. */
export function currentRequest(): Readonly<ActiveRequest> | undefined {
  return activeRequest.getStore();
}

/** The trace of the calling code; undefined outside of any. */
export function currentTrace(): TraceContext | undefined {
  return activeRequest.getStore()?.context;
}

/** The correlation id of the request that the calling code works for. */
export function currentCorrelationId(): string | undefined {
  return activeRequest.getStore()?.correlationId;
}

/** The `baggage` header of the request that the calling code works for. */
export function currentBaggage(): string | undefined {
  return activeRequest.getStore()?.baggage;
}

/** The tenant of the request that the calling code works for. */
export function currentTenant(): number | undefined {
  return activeRequest.getStore()?.tenantId;
}

/**
 * Runs `work`, and whatever it starts, in `context`.
 *
 * @param request of which `work` is a part. @default the one of the calling code
 */
export function runInTrace<T>(
  context: TraceContext,
  work: () => T,
  request: Omit<ActiveRequest, "context"> | undefined = currentRequest(),
): T {
  return activeRequest.run({ ...request, context }, work);
}

/** Runs `work`, and whatever it starts, for the tenant. Costs nothing if it is the current one. */
export function runForTenant<T>(tenantId: number, work: () => T): T {
  const request = currentRequest();
  return request?.tenantId === tenantId ? work() : activeRequest.run({ ...request, tenantId }, work);
}

/**
 * Does the same as {@link runInTrace} for the rest of the running callback and whatever it starts.
 * It costs half as much, for the one place that does it with every request.
 */
export function enterTrace(context: TraceContext, correlationId: string, baggage: string | undefined): void {
  activeRequest.enterWith({ context, correlationId, baggage, tenantId: undefined });
}

/** Names the tenant of the current request, once it is known. */
export function enterTenant(tenantId: number): void {
  const request = activeRequest.getStore();
  if (request) request.tenantId = tenantId;
}
