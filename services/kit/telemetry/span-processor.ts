import type { HrTime, SpanContext, SpanStatus, SpanKind as StandardKind } from "@opentelemetry/api";
import type { BatchSpanProcessor, ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../core/logger.ts";
import { redactMessage, redactText } from "../core/redacted-text.ts";
import type { TraceContext } from "../core/trace-context.ts";
import { ERROR_TYPE, SERVICE_NAME, SERVICE_VERSION } from "./attributes.ts";
import { kitMetrics } from "./contract.ts";
import type { Metrics } from "./metrics.ts";
import type { SpanAttributes, SpanKind } from "./span.ts";

export interface SpanProcessorSettings {
  service: string;
  version: string;
  /** URL of an OTLP receiver over HTTP, such as `http://127.0.0.1:4318`; `/v1/traces` is added. */
  endpoint: string;
  /** Stands in for `service`. */
  serviceName?: string | undefined;
  /**
   * Attributes as in `OTEL_RESOURCE_ATTRIBUTES`: `key=value`, percent-encoded, separated by commas.
   */
  resourceAttributes?: string | undefined;
  logger?: Logger | undefined;
  metrics?: Metrics | undefined;
}

/** A recorded span at its end. */
export interface EndedSpan {
  name: string;
  kind: SpanKind;
  context: TraceContext;
  parent: TraceContext | undefined;
  /** Milliseconds since 1970, with fractions. */
  startMs: number;
  endMs: number;
  attributes: SpanAttributes;
  links: readonly TraceContext[];
  error: unknown;
}

export interface SpanProcessor {
  add(span: EndedSpan): void;
  close(): Promise<void>;
}

/** Spans waiting or under way; more are dropped and counted. A thousand take a megabyte. */
const MAX_QUEUED_SPANS = 2048;
const BATCH_DELAY_MS = 1000;
/** As OpenTelemetry's SDK limits them. */
const MAX_LINKS = 128;
/** For one batch, with its retries. */
const EXPORT_TIMEOUT_MS = 3000;
const CLOSE_TIMEOUT_MS = 2000;

/** The numbers of OpenTelemetry's API, written out so that it need not be loaded. */
const OTEL_SPAN_KINDS: Record<SpanKind, StandardKind> = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 };
const UNSET: SpanStatus = { code: 0 };
const ERROR = 2;

/**
 * Sends spans in batches with OpenTelemetry's processor and exporter. They are loaded in the
 * background: 9 MB and 100 ms that a service without an endpoint does not pay. Ending a span never
 * waits, and an unreachable receiver costs spans and nothing else.
 */
export function createSpanProcessor(settings: SpanProcessorSettings): SpanProcessor {
  const { logger, metrics } = settings;
  const total = metrics?.counter(kitMetrics.tracing_spans_total);
  const unsent: EndedSpan[] = [];
  let queuedSpans = 0;
  let failing = false;
  let closed = false;
  let deliver = (span: EndedSpan): void => void unsent.push(span);

  const recordExport = (count: number, error?: Error) => {
    queuedSpans -= count;
    total?.inc({ result: error ? "failed" : "exported" }, count);
    // One line when exporting begins to fail and one when it works again, rather than one a batch.
    if (error && !failing)
      logger?.warn({ err: error, endpoint: redactText(settings.endpoint) }, "traces cannot be exported");
    if (!error && failing) logger?.info("traces are exported again");
    failing = error !== undefined;
  };

  const loading = loadOtelPipeline(settings, recordExport).then(
    ({ processor, readable }) => {
      deliver = (span) => processor.onEnd(readable(span));
      for (const span of unsent.splice(0)) deliver(span);
      return processor;
    },
    (error: unknown) => {
      closed = true;
      recordExport(unsent.splice(0).length, error as Error);
      return undefined;
    },
  );

  return {
    add(span) {
      if (closed || queuedSpans >= MAX_QUEUED_SPANS) {
        total?.inc({ result: "dropped" });
        return;
      }
      queuedSpans++;
      deliver(span);
    },
    async close() {
      closed = true;
      const flushed = loading.then((processor) => processor?.shutdown());
      const deadline = Promise.withResolvers<void>();
      const timer = setTimeout(deadline.resolve, CLOSE_TIMEOUT_MS);
      // A failed batch was counted and logged where it failed.
      await Promise.allSettled([Promise.race([flushed, deadline.promise])]);
      clearTimeout(timer);
      if (queuedSpans > 0) logger?.warn({ spans: queuedSpans }, "the process ends before all traces were exported");
    },
  };
}

interface OtelPipeline {
  processor: BatchSpanProcessor;
  readable(span: EndedSpan): ReadableSpan;
}

async function loadOtelPipeline(
  { service, version, endpoint, serviceName, resourceAttributes }: SpanProcessorSettings,
  recordExport: (count: number, error?: Error) => void,
): Promise<OtelPipeline> {
  const [
    { BatchSpanProcessor },
    { OTLPTraceExporter },
    { resourceFromAttributes },
    { TraceState, parseKeyPairsIntoRecord },
  ] = await Promise.all([
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/core"),
  ]);
  const otlp = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, "")}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
    concurrencyLimit: 4,
  });
  const exporter: SpanExporter = {
    export: (spans, done) =>
      otlp.export(spans, (result) => {
        recordExport(
          spans.length,
          result.code === 0 ? undefined : (result.error ?? new Error("the receiver refused the spans")),
        );
        done(result);
      }),
    shutdown: () => otlp.shutdown(),
  };
  const resource = resourceFromAttributes({
    [SERVICE_NAME]: service,
    [SERVICE_VERSION]: version,
    ...parseKeyPairsIntoRecord(resourceAttributes),
    ...(serviceName === undefined ? {} : { [SERVICE_NAME]: serviceName }),
  });
  const toSpanContext = ({ traceId, spanId, sampled, tracestate }: TraceContext, isRemote: boolean): SpanContext => ({
    traceId,
    spanId,
    traceFlags: sampled ? 1 : 0,
    isRemote,
    ...(tracestate === undefined ? {} : { traceState: new TraceState(tracestate) }),
  });
  return {
    processor: new BatchSpanProcessor({
      exporter,
      maxQueueSize: MAX_QUEUED_SPANS,
      scheduledDelayMillis: BATCH_DELAY_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS + 1000,
    }),
    readable: (span) => ({
      name: span.name,
      kind: OTEL_SPAN_KINDS[span.kind],
      spanContext: () => toSpanContext(span.context, false),
      ...(span.parent
        ? { parentSpanContext: toSpanContext(span.parent, span.kind === "server" || span.kind === "consumer") }
        : {}),
      startTime: toHrTime(span.startMs),
      endTime: toHrTime(span.endMs),
      duration: toHrTime(span.endMs - span.startMs),
      status: span.error === undefined ? UNSET : { code: ERROR, message: errorMessage(span.error) },
      attributes: span.error instanceof Error ? { [ERROR_TYPE]: span.error.name, ...span.attributes } : span.attributes,
      links: span.links.slice(0, MAX_LINKS).map((context) => ({ context: toSpanContext(context, true) })),
      events: [],
      ended: true,
      resource,
      instrumentationScope: { name: "@plinth/kit" },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: Math.max(0, span.links.length - MAX_LINKS),
    }),
  };
}

/** Seconds and nanoseconds. */
function toHrTime(ms: number): HrTime {
  const seconds = Math.trunc(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? redactMessage(error) : redactText(String(error));
}
