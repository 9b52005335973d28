import type { TraceContext } from "../core/trace-context.ts";

export type SpanKind = "server" | "client" | "producer" | "consumer" | "internal";

/** By the names in {@link ./attributes.ts}. */
export type SpanAttributes = Record<string, string | number>;

/** What is known of a span when it begins. */
export interface SpanDetails {
  /**
   * Begins no recorded trace, not even when it fails: probes and scrapes come every few seconds.
   * @default false
   */
  routine?: boolean;
  attributes?: SpanAttributes;
  /** Spans of other traces that led to this one, such as the senders of a batch's messages. */
  links?: readonly TraceContext[];
}

export interface SpanOutcome {
  /** Marks the span as failed. */
  error?: unknown;
  attributes?: SpanAttributes;
  /**
   * Milliseconds since the span began. With it, a failed request of a trace that is not recorded
   * becomes a span all the same: such a trace has not looked at the clock.
   */
  durationMs?: number;
}

/** A piece of work that has begun. */
export interface Span {
  /** Passed on to what the work leads to, by `runInTrace` or by headers. */
  readonly context: TraceContext;
  /** Ends the span; later calls do nothing. */
  end(outcome?: SpanOutcome): void;
}
