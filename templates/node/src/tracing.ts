import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Attributes,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import {
  CompositePropagator,
  type ExportResult,
  ExportResultCode,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-node";
import type { FastifyBaseLogger } from "fastify";
import type { Counter } from "prom-client";
import type { Env } from "./env.ts";
import { redact } from "./redaction.ts";

const BATCH_MS = 500;
const EXPORT_MS = 3000;
/** Milliseconds that a receiver which does not answer may add to stopping. */
const CLOSE_MS = 2000;
const tracer = trace.getTracer("sample-service");

/**
 * Propagates W3C trace context and baggage. With `OTEL_EXPORTER_OTLP_ENDPOINT` it also exports spans; the SDK reads
 * most other `OTEL_*` variables itself.
 *
 * @returns exports what is left, for two seconds at most
 */
export function startTracing(
  env: Env,
  logger: FastifyBaseLogger,
  counted: Counter<"result">,
  source: Record<string, string | undefined> = process.env,
): () => Promise<void> {
  const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
  propagation.setGlobalPropagator(new CompositePropagator({ propagators }));
  if (!source.OTEL_EXPORTER_OTLP_ENDPOINT && !source.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return async () => undefined;
  // OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are merged last: they win.
  const resource = resourceFromAttributes({ "service.name": env.name, "service.version": env.version });
  const exporter = new CountingExporter(logger, counted);
  const provider = new NodeTracerProvider({
    resource: resource.merge(detectResources({ detectors: [envDetector] })),
    // The caller decides whether a trace is recorded, and this service only where a trace begins.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(env.sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor(exporter, source.OTEL_BSP_SCHEDULE_DELAY ? {} : { scheduledDelayMillis: BATCH_MS }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  return async () => {
    const late = sleep(CLOSE_MS, "late" as const);
    // A batch that failed was logged where it failed.
    const flushed = provider.shutdown().catch(() => undefined);
    if ((await Promise.race([flushed, late])) === "late")
      logger.warn("the process ends before all traces were exported");
  };
}

/** Logs when exporting begins to fail and when it works again, rather than once a batch. */
class CountingExporter extends OTLPTraceExporter {
  private readonly logger: FastifyBaseLogger;
  private readonly counted: Counter<"result">;
  private failing = false;

  constructor(logger: FastifyBaseLogger, counted: Counter<"result">) {
    super({ timeoutMillis: EXPORT_MS });
    this.logger = logger;
    this.counted = counted;
  }

  override export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    super.export(spans, (result) => {
      const failed = result.code !== ExportResultCode.SUCCESS;
      this.counted.inc({ result: failed ? "failed" : "exported" }, spans.length);
      if (failed && !this.failing) this.logger.warn({ err: result.error }, "traces cannot be exported");
      if (!failed && this.failing) this.logger.info("traces are exported again");
      this.failing = failed;
      done(result);
    });
  }
}

export interface StartedSpan {
  span: Span;
  /** For the spans, log lines and calls within it. */
  context: Context;
}

/** Begins a span of the parent's trace or, without one, of a new trace. */
export function startSpan(name: string, kind: SpanKind, parent: Context, attributes: Attributes = {}): StartedSpan {
  let span = tracer.startSpan(name, { kind, attributes }, parent);
  // Nothing is recorded without an endpoint, but log lines and called services get ids.
  if (!trace.isSpanContextValid(span.spanContext()))
    span = trace.wrapSpanContext({ traceId: randomHex(16), spanId: randomHex(8), traceFlags: 0 });
  return { span, context: trace.setSpan(parent, span) };
}

/** Marks a span as failed. */
export function fail(span: Span, reason: unknown): void {
  // Anything may have been thrown.
  const message = redact(
    reason instanceof Error ? String(reason.message) : typeof reason === "object" ? "" : String(reason),
  );
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** The trace context in the headers of a request or a record. */
export function extractContext(headers: Record<string, unknown>): Context {
  return propagation.extract(ROOT_CONTEXT, headers);
}

/** The headers that carry a trace context. */
export function injectContext(from: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(from, headers);
  return headers;
}

/** The fields of a context's log lines. */
export function traceIds(from: Context): { trace_id?: string; span_id?: string } {
  const ids: SpanContext | undefined = trace.getSpanContext(from);
  return ids ? { trace_id: ids.traceId, span_id: ids.spanId } : {};
}

/** The ids of a context's span if that is recorded. */
export function recordedIds(from: Context | undefined): Record<string, string> {
  const flags = (from && trace.getSpanContext(from))?.traceFlags ?? TraceFlags.NONE;
  return from && (flags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED ? { ...traceIds(from) } : {};
}

export function messaging(topic: string, operation: "send" | "process"): Attributes {
  return {
    "messaging.system.name": "kafka",
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
    "messaging.destination.name": topic,
  };
}

const randomHex = (bytes: number) => randomBytes(bytes).toString("hex");
