import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import type { Logger } from "./logger.ts";
import type { Telemetry } from "./telemetry.ts";
import { createSpanExport, type SpanExport } from "./tracing-export.ts";

/** Where in which trace some work happens. Source: W3C Trace Context, level 1; `tracestate` is not passed on. */
export interface TraceContext {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** 16 hexadecimal digits, lower case. */
  readonly spanId: string;
  /** Whether the trace is recorded. Decided where it begins; everyone after follows. */
  readonly sampled: boolean;
}

export type SpanKind = "server" | "client" | "producer" | "consumer" | "internal";
export type Attributes = Record<string, string | number>;

/** A piece of work that has begun. */
export interface Span {
  /** To be passed on, by {@link runInTrace} or a `traceparent` header, to what the work leads to. */
  readonly context: TraceContext;
  /** Once: later calls do nothing. An error marks the span as failed. */
  end(outcome?: { error?: unknown; attributes?: Attributes }): void;
}

export interface Tracing {
  /**
   * Begins a span of the trace that `parent` belongs to; without parent, a new trace. Of a trace that is not sampled nothing is recorded:
   * such a span is its context and no more.
   *
   * @param name a function is called only for a span that is recorded
   */
  span(name: string | (() => string), kind: SpanKind, parent?: TraceContext, attributes?: Attributes): Span;
  /** Sends what was recorded, for a few seconds at most. */
  close(): Promise<void>;
}

export interface TracingSettings {
  service: string;
  version: string;
  /** Of an OTLP receiver over HTTP, such as `http://127.0.0.1:4318`. @default none: nothing is recorded, ids are still made and passed on */
  endpoint?: string | undefined;
  /** Share of the traces begun here that are sampled, 0 to 1. @default 1 with an endpoint, else 0 */
  ratio?: number | undefined;
  /** Told when the receiver goes away and comes back. */
  logger?: Logger | undefined;
  /** Counts the spans that were exported, failed or dropped. */
  telemetry?: Telemetry | undefined;
}

/** Ids for logs and for those who are called, whether or not anything is recorded. */
export function createTracing({ endpoint, ratio = endpoint ? 1 : 0, ...settings }: TracingSettings): Tracing {
  const spans = endpoint ? createSpanExport({ ...settings, endpoint }) : undefined;
  return {
    span(name, kind, parent, attributes) {
      const sampled = parent?.sampled ?? (ratio > 0 && Math.random() < ratio);
      if (spans && sampled) return new RecordedSpan(spans, typeof name === "string" ? name : name(), kind, parent, attributes);
      // Who records nothing is no link of the chain: what it calls continues where its own caller was.
      return new BareSpan(parent?.traceId ?? newTraceId(), sampled, parent?.spanId);
    },
    close: async () => spans?.close(),
  };
}

class RecordedSpan implements Span {
  readonly context: TraceContext;
  private readonly spans: SpanExport;
  private readonly name: string;
  private readonly kind: SpanKind;
  private readonly parent: TraceContext | undefined;
  private readonly attributes: Attributes | undefined;
  private readonly startMs = now();
  private ended = false;

  constructor(spans: SpanExport, name: string, kind: SpanKind, parent: TraceContext | undefined, attributes: Attributes | undefined) {
    this.spans = spans;
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.attributes = attributes;
    this.context = { traceId: parent?.traceId ?? kept(newTraceId()), spanId: kept(newSpanId()), sampled: true };
  }

  end({ error, attributes }: { error?: unknown; attributes?: Attributes } = {}): void {
    if (this.ended) return;
    this.ended = true;
    const { name, kind, context, parent, startMs } = this;
    this.spans.add({ name, kind, context, parent, startMs, endMs: now(), attributes: { ...this.attributes, ...attributes }, error });
  }
}

/** Milliseconds since 1970, finer than `Date.now()`. */
const now = () => performance.timeOrigin + performance.now();

/** A span of which nothing is recorded: its own context, in one object. Most are asked for their trace alone. */
class BareSpan implements Span, TraceContext {
  readonly traceId: string;
  readonly sampled: boolean;
  #spanId: string | undefined;

  constructor(traceId: string, sampled: boolean, spanId?: string) {
    this.traceId = traceId;
    this.sampled = sampled;
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

const nowhere = new BareSpan("0".repeat(32), false, "0".repeat(16));

/** For tests and tools: passes a parent on and makes no ids. Whoever is called by it begins a trace of its own. */
export const untraced: Tracing = {
  span: (_name, _kind, parent) => (parent === undefined ? nowhere : new BareSpan(parent.traceId, parent.sampled, parent.spanId)),
  close: async () => undefined,
};

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The context that a `traceparent` header gives; undefined when there is none or it is malformed: a new trace begins then. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  if (text === undefined) return undefined;
  const found = TRACEPARENT.exec(text);
  // Version 00 ends after the flags; what later versions add is not for us.
  if (!found || (found[1] === "00" && found[5] !== undefined)) return undefined;
  return new BareSpan(found[2] as string, (Number.parseInt(found[4] as string, 16) & 1) === 1, found[3] as string);
}

/** The value of the `traceparent` header for what is called within `context`. */
export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

interface Running {
  context: TraceContext;
  correlationId: string | undefined;
}

const running = new AsyncLocalStorage<Running>();

/** The context that the calling code runs in, through awaits and callbacks; undefined outside of any. */
export function currentTrace(): TraceContext | undefined {
  return running.getStore()?.context;
}

/** The correlation id of the request that the calling code works for. */
export function currentCorrelation(): string | undefined {
  return running.getStore()?.correlationId;
}

/**
 * Runs `work`, and whatever it starts, in `context`.
 *
 * @param correlationId of the request. @default that of the surrounding {@link runInTrace}
 */
export function runInTrace<T>(context: TraceContext, work: () => T, correlationId = currentCorrelation()): T {
  return running.run({ context, correlationId }, work);
}

/**
 * As {@link runInTrace}, for whatever the callback that is running now still does and starts: at half the cost, for the one place that does
 * this with every request.
 */
export function enterTrace(context: TraceContext, correlationId: string): void {
  running.enterWith({ context, correlationId });
}

/**
 * Runs `work` as a span within the current trace, when that is sampled; otherwise simply runs it. For database, cache and whatever else a
 * request waits for.
 */
export function traced<T>(tracing: Tracing, name: string, kind: SpanKind, work: () => Promise<T>, attributes?: Attributes): Promise<T> {
  const parent = currentTrace();
  return parent?.sampled === true ? within(tracing.span(name, kind, parent, attributes), work) : work();
}

async function within<T>(span: Span, work: () => Promise<T>): Promise<T> {
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
let random = "";
let next = 0;

/** Cut from digits that are made anew every few hundred ids: asking the system each time costs a microsecond. */
function randomHex(bytes: number): string {
  if (next + 2 * bytes > random.length) {
    random = randomBytes(RANDOM_BYTES).toString("hex");
    next = 0;
  }
  next += 2 * bytes;
  return random.slice(next - 2 * bytes, next);
}

/** As a text of its own: a part holds the whole that it was cut from for as long as it waits to be sent. */
function kept(part: string): string {
  return Buffer.from(part, "latin1").toString("latin1");
}

/** All zeros are no id; that they come up is as likely as guessing a key. */
const newTraceId = () => randomHex(16);
const newSpanId = () => randomHex(8);
