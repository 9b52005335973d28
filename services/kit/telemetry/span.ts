import type { TraceContext } from "../core/trace-context.ts";

export type SpanKind = "server" | "client" | "producer" | "consumer" | "internal";

/** By the names in {@link ./attributes.ts}. */
export type SpanAttributes = Record<string, string | number>;

/** What is known of a span when it begins. */
export interface SpanDetails {
  attributes?: SpanAttributes;
  /** Spans of other traces that led to this one, such as the senders of a batch's messages. */
  links?: readonly TraceContext[];
}

/** A piece of work that has begun. */
export interface Span {
  /** Passed on to what the work leads to, by `runInTrace` or by headers. */
  readonly context: TraceContext;
  /** Ends the span; later calls do nothing. An error marks it as failed. */
  end(outcome?: { error?: unknown; attributes?: SpanAttributes }): void;
}
