import { STATUS_CODES } from "node:http";
import { SpanKind } from "@opentelemetry/api";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Metrics, observation } from "./metrics.ts";
import { parseTenant } from "./tenant.ts";
import { extractContext, fail, recordedIds, type StartedSpan, startSpan, traceIds } from "./tracing.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Undefined where probes and scrapers ask. */
    traced: StartedSpan | undefined;
  }
}

/** Probes and scrapers ask these every few seconds: a line and a span each would be most of both. */
const QUIET = new Set(["/health", "/ready", "/metrics"]);
/** Methods that labels and spans name; a client may send others. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Gives each request its ids and its span, one line in the log and its place in the metrics. */
export function observeRequests(server: FastifyInstance, metrics: Metrics): void {
  server.decorateRequest("traced", undefined);
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-correlation-id", request.id);
    if (QUIET.has(request.routeOptions.url ?? "")) return;
    const tenant = parseTenant(request.headers["x-tenant-id"]);
    request.traced = startSpan(request.method, SpanKind.SERVER, extractContext(request.headers), {
      ...(tenant !== undefined && { "tenant.id": tenant }),
    });
    request.log = reply.log = request.log.child({
      ...traceIds(request.traced.context),
      ...(tenant !== undefined && { tenant_id: tenant }),
    });
  });
  server.addHook("onResponse", async (request, reply) => record(metrics, request, reply));
  server.get("/metrics", { schema: { hide: true } }, async ({ headers }, reply) => {
    const { text, type } = await metrics.print(headers.accept);
    return reply.type(type).send(text);
  });
}

/** Names a request by its route's pattern, never by its path: ids would multiply it. */
function record(metrics: Metrics, request: FastifyRequest, reply: FastifyReply): void {
  const route = request.routeOptions.url ?? "none";
  const method = METHODS.has(request.method) ? request.method : "_OTHER";
  const { statusCode: status, elapsedTime } = reply;
  const labels = { method, route, status };
  metrics.requests.inc(labels);
  metrics.requestSeconds.observe(observation(labels, elapsedTime / 1000, recordedIds(request.traced?.context)));
  if (!request.traced) return;
  const tenant = parseTenant(request.headers["x-tenant-id"]);
  if (tenant !== undefined) metrics.countForTenant(tenant, status, elapsedTime / 1000);
  const { span } = request.traced;
  const name = method === "_OTHER" ? "HTTP" : method;
  span.updateName(route === "none" ? name : `${name} ${route}`);
  // Without the path and the query, which hold whatever a caller writes.
  span.setAttributes({
    "http.request.method": method,
    "http.response.status_code": status,
    "url.scheme": request.protocol,
    ...(route !== "none" && { "http.route": route }),
  });
  if (status >= 500) fail(span, STATUS_CODES[status] ?? status);
  span.end();
  request.log.info({ method, route, status, duration_ms: Math.round(elapsedTime * 100) / 100 }, "request");
}

/** Puts a request that reached no route into the log and the metrics. */
export function recordRefusal(metrics: Metrics, log: FastifyBaseLogger, invented: string, status: number): void {
  const method = METHODS.has(invented) ? invented : "_OTHER";
  metrics.requests.inc({ method, route: "none", status });
  log.info({ method, route: "none", status }, "request refused");
}
