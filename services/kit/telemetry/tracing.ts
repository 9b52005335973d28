import { randomBytes } from "node:crypto";
import { toError } from "../core/caught-value.ts";
import type { Logger } from "../core/logger.ts";
import { currentTenant, currentTrace, runInTrace, type TraceContext } from "../core/trace-context.ts";
import { TENANT_ID } from "./attributes.ts";
import type { Metrics } from "./metrics.ts";
import { createRateSampler, createRatioSampler } from "./sampler.ts";
import type { Span, SpanDetails, SpanKind, SpanOutcome } from "./span.ts";
import { createSpanProcessor, type SpanProcessor } from "./span-processor.ts";

export interface Tracing {
  /**
   * Begins a span of the parent's trace or, without a parent, of a new one. A span of a trace that
   * is not sampled records nothing but failures: it is only a context.
   *
   * @param name a function is called only if the span is recorded
   */
  startSpan(name: string | (() => string), kind: SpanKind, parent?: TraceContext, details?: SpanDetails): Span;
  /** Sends the recorded spans, for two seconds at most. */
  close(): Promise<void>;
}

export interface TracingSettings {
  service: string;
  version: string;
  /**
   * URL of an OTLP receiver over HTTP, such as `http://127.0.0.1:4318`. @default none: nothing is
   * recorded; ids are still created and passed on
   */
  endpoint?: string | undefined;
  /**
   * Share of the traces beginning here that are sampled, 0 to 1. @default 1 with an endpoint, else
   * 0
   */
  sampleRatio?: number | undefined;
  /** Records all traces up to this rate, in place of a share (see {@link createRateSampler}). */
  tracesPerSecond?: number | undefined;
  /** Stands in for `service` in traces (`OTEL_SERVICE_NAME`). */
  serviceName?: string | undefined;
  /** More attributes of every span's resource (`OTEL_RESOURCE_ATTRIBUTES`). */
  resourceAttributes?: string | undefined;
  /** Gets a line when the receiver goes away and when it comes back. */
  logger?: Logger | undefined;
  /** Counts spans: exported, failed or dropped. */
  metrics?: Metrics | undefined;
}

/** Creates ids for logs and for called services, whether or not anything is recorded. */
export function createTracing({
  endpoint,
  sampleRatio = endpoint ? 1 : 0,
  tracesPerSecond,
  ...settings
}: TracingSettings): Tracing {
  const spans = endpoint ? createSpanProcessor({ ...settings, endpoint }) : undefined;
  const sampler =
    endpoint && tracesPerSecond !== undefined ? createRateSampler(tracesPerSecond) : createRatioSampler(sampleRatio);
  return {
    startSpan(name, kind, parent, details) {
      const routine = details?.routine === true;
      const sampled = routine ? parent?.sampled === true : sampler.samples(kind, parent);
      if (spans && sampled)
        return new RecordingSpan(spans, typeof name === "string" ? name : name(), kind, parent, details);
      // A process that records nothing leaves no gap in the trace: the spans of what it calls
      // become children of its own caller's span.
      const failures = kind === "server" && !routine ? spans : undefined;
      return new NonRecordingSpan(parent?.traceId ?? newTraceId(), sampled, parent, failures, name);
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
  private readonly tenantId = currentTenant();
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

  end(outcome: SpanOutcome = {}): void {
    if (this.ended) return;
    const { attributes } = outcome;
    this.ended = true;
    const { name, kind, context, parent, startMs, tenantId } = this;
    this.spans.add({
      name,
      kind,
      context,
      parent,
      startMs,
      endMs: nowMs(),
      attributes: {
        ...(tenantId === undefined ? {} : { [TENANT_ID]: tenantId }),
        ...this.details?.attributes,
        ...attributes,
      },
      links: this.details?.links ?? [],
      error: failureOf(outcome),
    });
  }
}

/** Work may fail with anything, `undefined` included; undefined if it did not fail. */
function failureOf(outcome: SpanOutcome): unknown {
  return "error" in outcome ? (outcome.error ?? toError(outcome.error)) : undefined;
}

/** Milliseconds since 1970, finer than `Date.now()`. */
const nowMs = () => performance.timeOrigin + performance.now();

/**
 * A span that records nothing but its failure. It is its own context, in one object. Its id is
 * created when it is read, as most are only asked for their trace.
 */
class NonRecordingSpan implements Span, TraceContext {
  readonly traceId: string;
  readonly sampled: boolean;
  readonly tracestate: string | undefined;
  readonly #parent: TraceContext | undefined;
  readonly #name: string | (() => string);
  #failures: SpanProcessor | undefined;
  #spanId: string | undefined;

  /** @param failures gets the span if it fails. @default none */
  constructor(
    traceId: string,
    sampled: boolean,
    parent?: TraceContext,
    failures?: SpanProcessor,
    name: string | (() => string) = "",
  ) {
    this.traceId = traceId;
    this.sampled = sampled;
    this.tracestate = parent?.tracestate;
    this.#parent = parent;
    this.#failures = failures;
    this.#name = name;
    this.#spanId = parent?.spanId;
  }

  get spanId(): string {
    this.#spanId ??= newSpanId();
    return this.#spanId;
  }

  get context(): TraceContext {
    return this;
  }

  end(outcome: SpanOutcome = {}): void {
    const { attributes = {}, durationMs } = outcome;
    const error = failureOf(outcome);
    const [failures, parent, name] = [this.#failures, this.#parent, this.#name];
    if (error === undefined || durationMs === undefined || !failures) return;
    this.#failures = undefined;
    const endMs = nowMs();
    failures.add({
      name: typeof name === "string" ? name : name(),
      kind: "server",
      context: { traceId: this.traceId, spanId: parent ? newSpanId() : this.spanId, sampled: false },
      parent,
      startMs: endMs - durationMs,
      endMs,
      attributes,
      links: [],
      error,
    });
  }
}

const invalidSpan = new NonRecordingSpan("0".repeat(32), false, {
  traceId: "0".repeat(32),
  spanId: "0".repeat(16),
  sampled: false,
});

/**
 * Tracing for tests and tools. It passes a parent on and creates no ids, so a service that they
 * call begins a new trace.
 */
export const noopTracing: Tracing = {
  startSpan: (_name, _kind, parent) =>
    parent === undefined ? invalidSpan : new NonRecordingSpan(parent.traceId, parent.sampled, parent),
  close: async () => undefined,
};

/**
 * Runs `work` as a span of the current trace if that is sampled, and otherwise without a span.
 * Wraps what a request waits for, such as the database.
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
 * Cuts an id from digits that serve a few hundred ids: asking the system for each costs a
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
 * Copies a slice. A slice keeps the whole text alive for as long as the span waits to be sent.
 */
function copyString(part: string): string {
  return Buffer.from(part, "latin1").toString("latin1");
}

/** An id of zeros only is invalid, and as likely as a guessed key. */
const newTraceId = () => randomHex(16);
const newSpanId = () => randomHex(8);
