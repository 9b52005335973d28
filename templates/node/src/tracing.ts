import { FastifyOtelInstrumentation } from "@fastify/otel";
import { type Context, context, propagation, trace } from "@opentelemetry/api";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Env } from "./env.ts";

export interface Tracing {
  /** Gives each request a span; register it before the routes. */
  fastify: FastifyOtelInstrumentation;
  /** Exports what is left. */
  close(): Promise<void>;
}

/**
 * Propagates W3C trace context and baggage. With `OTEL_EXPORTER_OTLP_ENDPOINT` it also exports spans; the SDK reads
 * the other `OTEL_*` variables itself.
 */
export function startTracing(env: Env, source: Record<string, string | undefined> = process.env): Tracing {
  const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
  propagation.setGlobalPropagator(new CompositePropagator({ propagators }));
  const fastify = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    // Probes and scrapes ask every few seconds.
    ignorePaths: ({ url }) => /^\/(health|ready|metrics)(\?|$)/.test(url),
  });
  if (!source.OTEL_EXPORTER_OTLP_ENDPOINT && !source.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
    return { fastify, close: async () => undefined };
  // OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are merged last: they win.
  const resource = resourceFromAttributes({ "service.name": env.name, "service.version": env.version });
  const provider = new NodeTracerProvider({
    resource: resource.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  trace.setGlobalTracerProvider(provider);
  fastify.setTracerProvider(provider);
  return { fastify, close: () => provider.shutdown() };
}

/** The trace context in a record's headers. */
export function extractContext(headers: Record<string, string>): Context {
  return propagation.extract(context.active(), headers);
}

/** The headers that carry a trace context. */
export function injectContext(from: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(from, headers);
  return headers;
}

/** The id of a context's trace; undefined when it has none. */
export function traceIdOf(from: Context): string | undefined {
  return trace.getSpanContext(from)?.traceId;
}

export const tracer = trace.getTracer("sample-service");
