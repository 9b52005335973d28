import type { Loki } from "../telemetry/loki.ts";
import type { HttpServer } from "./fastify.ts";

/**
 * Pushes a line for each request of `scope` that names a tenant, so that tenants see their own
 * calls.
 */
export function pushRequestLines(scope: HttpServer, loki: Loki): void {
  scope.addHook("onResponse", ({ headers, id, span, method, routeOptions, log }, { statusCode, elapsedTime }, done) => {
    done();
    // Served for the default tenant, which did not ask for a log.
    if (headers["x-tenant-id"] === undefined) return;
    const line = {
      level: statusCode < 500 ? ("info" as const) : ("error" as const),
      msg: "request",
      correlation_id: id,
      trace_id: span.context.traceId,
      span_id: span.context.spanId,
      method,
      route: routeOptions.url,
      status: statusCode,
      duration_ms: Math.round(elapsedTime * 100) / 100,
    };
    // The request's tenant was refused, or the database cannot say whether it exists.
    loki.push(headers, line).catch((error: unknown) => log.debug({ err: error }, "a line was not pushed to Loki"));
  });
}
