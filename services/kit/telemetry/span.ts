import type { TraceContext } from "../core/trace-context.ts";

export type SpanKind = "server" | "client" | "producer" | "consumer" | "internal";
export type SpanAttributes = Record<string, string | number>;

/** A piece of work that has begun. */
export interface Span {
  /**
   * To be passed on, by {@link runInTrace} or a `traceparent` header, to what the work leads to.
   */
  readonly context: TraceContext;
  /** Once: later calls do nothing. An error marks the span as failed. */
  end(outcome?: { error?: unknown; attributes?: SpanAttributes }): void;
}
