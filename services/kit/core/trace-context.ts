import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Where in which trace some work happens. Source: W3C Trace Context, level 1; `tracestate` is not
 * passed on.
 */
export interface TraceContext {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** 16 hexadecimal digits, lower case. */
  readonly spanId: string;
  /** Whether the trace is recorded. Decided where it begins; everyone after follows. */
  readonly sampled: boolean;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * The context that a `traceparent` header gives; undefined when there is none or it is malformed: a
 * new trace begins then.
 */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  if (text === undefined) return undefined;
  const found = TRACEPARENT.exec(text);
  // Version 00 ends after the flags; what later versions add is not for us.
  if (!found || (found[1] === "00" && found[5] !== undefined)) return undefined;
  return {
    traceId: found[2] as string,
    spanId: found[3] as string,
    sampled: (Number.parseInt(found[4] as string, 16) & 1) === 1,
  };
}

/** The value of the `traceparent` header for what is called within `context`. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

interface ActiveTrace {
  context: TraceContext;
  correlationId: string | undefined;
}

const activeTrace = new AsyncLocalStorage<ActiveTrace>();

/**
 * The context that the calling code runs in, through awaits and callbacks; undefined outside of
 * any.
 */
export function currentTrace(): TraceContext | undefined {
  return activeTrace.getStore()?.context;
}

/** The correlation id of the request that the calling code works for. */
export function currentCorrelationId(): string | undefined {
  return activeTrace.getStore()?.correlationId;
}

/**
 * Runs `work`, and whatever it starts, in `context`.
 *
 * @param correlationId of the request. @default that of the surrounding {@link runInTrace}
 */
export function runInTrace<T>(context: TraceContext, work: () => T, correlationId = currentCorrelationId()): T {
  return activeTrace.run({ context, correlationId }, work);
}

/**
 * As {@link runInTrace}, for whatever the callback that is running now still does and starts: at
 * half the cost, for the one place that does this with every request.
 */
export function enterTrace(context: TraceContext, correlationId: string): void {
  activeTrace.enterWith({ context, correlationId });
}
