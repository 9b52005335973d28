import { randomBytes } from "node:crypto";
import type { Logger } from "../core/logger.ts";
import { currentTrace, runInTrace, type TraceContext } from "../core/trace-context.ts";
import type { Metrics } from "./metrics.ts";
import type { Span, SpanAttributes, SpanDetails, SpanKind } from "./span.ts";
import { createSpanProcessor, type SpanProcessor } from "./span-processor.ts";

export interface Tracing {
  /**
   * Begins a span of the trace that `parent` belongs to; without parent, a new trace. Of a trace
   * that is not sampled nothing is recorded: such a span is its context and no more.
   *
   * @param name a function is called only for a span that is recorded
   */
  startSpan(name: string | (() => string), kind: SpanKind, parent?: TraceContext, details?: SpanDetails): Span;
  /** Sends what was recorded, for a few seconds at most. */
  close(): Promise<void>;
}

export interface TracingSettings {
  service: string;
  version: string;
  /**
   * Of an OTLP receiver over HTTP, such as `http://127.0.0.1:4318`. @default none: nothing is
   * recorded, ids are still made and passed on
   */
  endpoint?: string | undefined;
  /**
   * Share of the traces begun here that are sampled, 0 to 1. @default 1 with an endpoint, else 0
   */
  sampleRatio?: number | undefined;
  /** Stands in for `service` in traces (`OTEL_SERVICE_NAME`). */
  serviceName?: string | undefined;
  /** More attributes of every span's resource (`OTEL_RESOURCE_ATTRIBUTES`). */
  resourceAttributes?: string | undefined;
  /** Told when the receiver goes away and comes back. */
  logger?: Logger | undefined;
  /** Counts the spans that were exported, failed or dropped. */
  metrics?: Metrics | undefined;
}

/** Ids for logs and for those who are called, whether or not anything is recorded. */
export function createTracing({ endpoint, sampleRatio = endpoint ? 1 : 0, ...settings }: TracingSettings): Tracing {
  const spans = endpoint ? createSpanProcessor({ ...settings, endpoint }) : undefined;
  return {
    startSpan(name, kind, parent, details) {
      const sampled = parent?.sampled ?? (sampleRatio > 0 && Math.random() < sampleRatio);
      if (spans && sampled)
        return new RecordingSpan(spans, typeof name === "string" ? name : name(), kind, parent, details);
      // A process that records nothing leaves no gap in the trace: the spans of what it calls become
      // children of its own caller's span.
      return new NonRecordingSpan(parent?.traceId ?? newTraceId(), sampled, parent?.spanId, parent?.tracestate);
    },
    close: async () => spans?.close(),
  };
}

class RecordingSpan implements Span {
  readonly context: TraceContext;
  private readonly spans: SpanProcessor;
  private readonly name: string;
  private readonly kind: SpanKind;
  private readonly parent: TraceContext | undefined;
  private readonly details: SpanDetails | undefined;
  private readonly startMs = nowMs();
  private ended = false;

  constructor(
    spans: SpanProcessor,
    name: string,
    kind: SpanKind,
    parent: TraceContext | undefined,
    details: SpanDetails | undefined,
  ) {
    this.spans = spans;
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.details = details;
    this.context = {
      traceId: parent?.traceId ?? copyString(newTraceId()),
      spanId: copyString(newSpanId()),
      sampled: true,
      tracestate: parent?.tracestate,
    };
  }

  end({ error, attributes }: { error?: unknown; attributes?: SpanAttributes } = {}): void {
    if (this.ended) return;
    this.ended = true;
    const { name, kind, context, parent, startMs } = this;
    this.spans.add({
      name,
      kind,
      context,
      parent,
      startMs,
      endMs: nowMs(),
      attributes: { ...this.details?.attributes, ...attributes },
      links: this.details?.links ?? [],
      error,
    });
  }
}

/** Milliseconds since 1970, finer than `Date.now()`. */
const nowMs = () => performance.timeOrigin + performance.now();

/**
 * A span of which nothing is recorded: its own context, in one object. Most are asked for their
 * trace alone.
 */
class NonRecordingSpan implements Span, TraceContext {
  readonly traceId: string;
  readonly sampled: boolean;
  readonly tracestate: string | undefined;
  #spanId: string | undefined;

  constructor(traceId: string, sampled: boolean, spanId?: string, tracestate?: string) {
    this.traceId = traceId;
    this.sampled = sampled;
    this.tracestate = tracestate;
    this.#spanId = spanId;
  }

  get spanId(): string {
    this.#spanId ??= newSpanId();
    return this.#spanId;
  }

  get context(): TraceContext {
    return this;
  }

  end(): void {}
}

const invalidSpan = new NonRecordingSpan("0".repeat(32), false, "0".repeat(16));

/**
 * For tests and tools: passes a parent on and makes no ids. Whoever is called by it begins a trace
 * of its own.
 */
export const noopTracing: Tracing = {
  startSpan: (_name, _kind, parent) =>
    parent === undefined
      ? invalidSpan
      : new NonRecordingSpan(parent.traceId, parent.sampled, parent.spanId, parent.tracestate),
  close: async () => undefined,
};

/**
 * Runs `work` as a span within the current trace, when that is sampled; otherwise simply runs it.
 * For database, cache and whatever else a request waits for.
 */
export function withSpan<T>(
  tracing: Tracing,
  name: string,
  kind: SpanKind,
  work: () => Promise<T>,
  details?: SpanDetails,
): Promise<T> {
  const parent = currentTrace();
  return parent?.sampled === true ? runInSpan(tracing.startSpan(name, kind, parent, details), work) : work();
}

async function runInSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    const result = await runInTrace(span.context, work);
    span.end();
    return result;
  } catch (error) {
    span.end({ error });
    throw error;
  }
}

const RANDOM_BYTES = 4096;
let randomDigits = "";
let randomOffset = 0;

/**
 * Cut from digits that are made anew every few hundred ids: asking the system each time costs a
 * microsecond.
 */
function randomHex(bytes: number): string {
  if (randomOffset + 2 * bytes > randomDigits.length) {
    randomDigits = randomBytes(RANDOM_BYTES).toString("hex");
    randomOffset = 0;
  }
  randomOffset += 2 * bytes;
  return randomDigits.slice(randomOffset - 2 * bytes, randomOffset);
}

/**
 * As a text of its own: a part holds the whole that it was cut from for as long as it waits to be
 * sent.
 */
function copyString(part: string): string {
  return Buffer.from(part, "latin1").toString("latin1");
}

/** All zeros are no id; that they come up is as likely as guessing a key. */
const newTraceId = () => randomHex(16);
const newSpanId = () => randomHex(8);
