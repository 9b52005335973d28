import type { Http2ServerRequest } from "node:http2";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { resolveCorrelationId } from "../core/correlation-id.ts";
import type { Logger } from "../core/logger.ts";
import { parseTraceparent } from "../core/trace-context.ts";
import { tenantAttributes } from "../telemetry/attributes.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { createTenantMetrics, type Outcome } from "../telemetry/tenant-metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { GrpcCall, isStandardService } from "./call.ts";
import { callAttributes } from "./call-attributes.ts";

export interface ServerInstrumentationSettings {
  logger: Logger;
  metrics: Metrics;
  /** @default {@link noopTracing} */
  tracing?: Tracing;
}

const SERVER_FAULT_CODES = new Set(["Internal", "Unknown", "DataLoss", "Unavailable"]);

/** Returns a function that begins a call, and returns it with a function that records its end. */
export function instrumentServedCalls({ logger, metrics, tracing = noopTracing }: ServerInstrumentationSettings) {
  const handled = metrics.counter(kitMetrics.grpc_server_handled_total);
  const duration = metrics.histogram(kitMetrics.grpc_server_handling_seconds);
  const countForTenant = createTenantMetrics(metrics);
  return (request: Http2ServerRequest, handler: UniversalHandler | undefined) => {
    const begun = performance.now();
    const { traceparent, tracestate, "x-correlation-id": correlation } = request.headers;
    // Unserved names are unbounded, so all share one series.
    const [service, method] = handler ? [handler.service.typeName, handler.method.name] : ["unknown", "unknown"];
    const parent = parseTraceparent(traceparent, tracestate);
    const span = tracing.startSpan(`${service}/${method}`, "server", parent);
    const correlationId = resolveCorrelationId(correlation);
    const address = request.stream.session?.socket.remoteAddress;
    const call = new GrpcCall({ service, method, correlationId, span, logger, address });
    const end = () => {
      // Without a status no answer was sent: the client left before.
      const code = call.statusCode ?? "Canceled";
      const ms = performance.now() - begun;
      handled.labels(service, method, code).inc();
      duration.labels(service, method, code).observe(ms / 1000, span.context);
      const fault = SERVER_FAULT_CODES.has(code);
      if (call.tenantId > 0) countForTenant(call.tenantId, outcomeOf(code), ms / 1000);
      if (span.context.sampled || fault) {
        const attributes = { ...callAttributes(service, method, code, fault), ...tenantAttributes(call.tenantId) };
        span.end(fault ? { error: call.error, attributes, durationMs: ms } : { attributes });
      }
      if (fault) call.log.error({ err: call.error }, "call failed");
      if (isStandardService(service)) return;
      logger.info(
        { ...call.logFields(), method: `${service}/${method}`, code, duration_ms: Math.round(ms * 100) / 100 },
        "call",
      );
    };
    return { call, end };
  };
}

/** Refused is the caller's fault, failed the service's. */
function outcomeOf(code: string): Outcome {
  if (SERVER_FAULT_CODES.has(code)) return "failed";
  return code === "OK" ? "ok" : "refused";
}
