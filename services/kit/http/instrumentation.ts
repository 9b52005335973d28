import type { FastifyRequest, FastifySchema, onResponseHookHandler } from "fastify";
import { createRequestLines, type Logger, type WriteRequestLine } from "../core/logger.ts";
import { RequestLogger } from "../core/request-logger.ts";
import { enterTrace, parseBaggage, parseTraceparent } from "../core/trace-context.ts";
import {
  HTTP_REQUEST_METHOD,
  HTTP_RESPONSE_STATUS_CODE,
  HTTP_ROUTE,
  tenantAttributes,
  URL_SCHEME,
} from "../telemetry/attributes.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { CounterSeries, HistogramSeries } from "../telemetry/prometheus-series.ts";
import type { Span, SpanAttributes, SpanDetails } from "../telemetry/span.ts";
import { createTenantMetrics, type Outcome } from "../telemetry/tenant-metrics.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { HttpServer } from "./fastify.ts";
import { toHttpError } from "./fastify-errors.ts";
import { methodLabel, NO_ROUTE, OTHER_METHOD } from "./labels.ts";
import { pendingReply, type TrackedSocket } from "./pending-reply.ts";

declare module "fastify" {
  interface FastifyRequest {
    span: Span;
    /** Set by `requireTenant` on the routes behind it; 0 on all others. */
    tenantId: number;
  }
}

/** What requests of one route, method and status share. */
interface RouteStatusSeries {
  requests: CounterSeries;
  duration: HistogramSeries;
  /** Undefined if the route is not logged. */
  writeLine: WriteRequestLine | undefined;
}

/** Routes that probes and scrapers request so often that their lines would be most of the log. */
const UNLOGGED_ROUTES = new Set(["/health", "/ready", "/metrics", "/swagger", "/swagger/*"]);
/** Paths that probes and scrapers ask for, and the length of the longest. */
const ROUTINE_PATHS = new Set(["/health", "/ready", "/metrics"]);
const MAX_ROUTINE_LENGTH = 8;
const ROUTINE: SpanDetails = { routine: true };
/**
 * nginx's number for a request whose client left before its answer: while a service is too slow,
 * most requests end so.
 */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Gives each request its ids, span, duration and log line, on the routes that are added after this
 * call. Every request pays for these hooks, so they use callbacks instead of promises and prepare
 * what is known of a route once.
 */
export function instrumentRequests(server: HttpServer, logger: Logger, metrics: Metrics, tracing: Tracing): void {
  const durations = metrics.histogram(kitMetrics.http_request_duration_seconds);
  const requests = metrics.counter(kitMetrics.http_requests_total);
  const countForTenant = createTenantMetrics(metrics);
  const requestLines = createRequestLines(logger);
  const seriesByRoute = new Map<string, (method: string, status: number) => RouteStatusSeries>();

  function createRouteSeries(route: string): (method: string, status: number) => RouteStatusSeries {
    const byStatus = new Map<number, Map<string, RouteStatusSeries>>();
    const create = (method: string, status: number): RouteStatusSeries => {
      const writeLine = UNLOGGED_ROUTES.has(route) ? undefined : requestLines(method, route, status);
      const labels = [method, route, String(status)] as const;
      const series = { requests: requests.labels(...labels), duration: durations.labels(...labels), writeLine };
      byStatus.set(status, (byStatus.get(status) ?? new Map<string, RouteStatusSeries>()).set(method, series));
      return series;
    };
    const getSeries = (method: string, status: number) => byStatus.get(status)?.get(method) ?? create(method, status);
    seriesByRoute.set(route, getSeries);
    return getSeries;
  }

  function recordResponse(
    request: FastifyRequest,
    route: string,
    { requests, duration, writeLine }: RouteStatusSeries,
    status: number,
    elapsedTime: number,
  ): void {
    const { tenantId, span } = request;
    const { context } = span;
    requests.inc();
    duration.observe(elapsedTime / 1000, context);
    if (tenantId > 0) countForTenant(tenantId, outcomeOf(status), elapsedTime / 1000);
    if (context.sampled) span.end({ attributes: spanAttributes(request, route, status) });
    if (writeLine) {
      const { traceId, spanId } = context;
      writeLine({ correlationId: request.id, traceId, spanId, tenantId }, elapsedTime);
    }
  }

  function onRouteResponse(route: string): onResponseHookHandler {
    const getSeries = seriesByRoute.get(route) ?? createRouteSeries(route);
    return (request, reply, done) => {
      const connection: TrackedSocket = request.raw.socket;
      if (connection[pendingReply] === reply) connection[pendingReply] = null;
      const { statusCode, elapsedTime } = reply;
      recordResponse(request, route, getSeries(methodLabel(request.method), statusCode), statusCode, elapsedTime);
      done();
    };
  }

  function onClientDisconnect(this: TrackedSocket): void {
    const reply = this[pendingReply];
    if (!reply) return;
    const route = routePattern(reply.request);
    const series = seriesByRoute.get(route)?.(methodLabel(reply.request.method), CLIENT_CLOSED_REQUEST);
    if (series) recordResponse(reply.request, route, series, CLIENT_CLOSED_REQUEST, reply.elapsedTime);
  }

  server.decorateRequest("span");
  server.decorateRequest("tenantId", 0);
  server.addHook("onRequest", (request, reply, done) => {
    const { traceparent, tracestate, baggage } = request.headers;
    const parent = parseTraceparent(traceparent, tracestate);
    request.span = tracing.startSpan(
      () => spanName(request),
      "server",
      parent,
      request.url.length <= MAX_ROUTINE_LENGTH && ROUTINE_PATHS.has(request.url) ? ROUTINE : undefined,
    );
    request.log = new RequestLogger(logger, () => ({
      correlation_id: request.id,
      trace_id: request.span.context.traceId,
      span_id: request.span.context.spanId,
      ...(request.tenantId > 0 && { tenant_id: request.tenantId }),
    }));
    reply.log = request.log;
    reply.header("x-correlation-id", request.id);
    const connection: TrackedSocket = request.raw.socket;
    if (connection[pendingReply] === undefined) connection.once("close", onClientDisconnect);
    connection[pendingReply] = reply;
    enterTrace(request.span.context, request.id, parseBaggage(baggage));
    done();
  });
  server.addHook("onError", (request, { elapsedTime: durationMs }, error, done) => {
    const { status } = toHttpError(error, request.raw);
    if (status >= 500)
      request.span.end({ error, attributes: spanAttributes(request, routePattern(request), status), durationMs });
    done();
  });
  // One hook for each route: reading a request's route makes fastify assemble all its options.
  server.addHook("onRoute", (route) => {
    route.onResponse = [onRouteResponse(route.url), ...[route.onResponse ?? []].flat()];
    // Printed as 0 before the first request: of a series that begins with 1, `rate` sees no change.
    for (const status of declaredSuccesses(route.schema))
      for (const method of [route.method].flat())
        if (method !== "HEAD") seriesByRoute.get(route.url)?.(methodLabel(method), status);
  });
  const onUnroutedResponse = onRouteResponse(NO_ROUTE);
  server.addHook("onResponse", function (request, reply, done) {
    if (request.is404) onUnroutedResponse.call(this, request, reply, done);
    else done();
  });
}

/** Statuses below 400 that a route's schema has an answer for. */
function declaredSuccesses(schema: FastifySchema | undefined): number[] {
  return Object.keys(schema?.response ?? {})
    .map(Number)
    .filter((status) => status < 400);
}

function routePattern(request: FastifyRequest): string {
  return request.routeOptions.url ?? NO_ROUTE;
}

function spanName(request: FastifyRequest): string {
  const route = request.routeOptions.url;
  const method = methodLabel(request.method);
  const name = method === OTHER_METHOD ? "HTTP" : method;
  return route === undefined ? name : `${name} ${route}`;
}

/** Refused is the caller's fault, failed the service's. */
function outcomeOf(status: number): Outcome {
  return status < 400 ? "ok" : status < 500 ? "refused" : "failed";
}

/** The path is left out: it holds ids and whatever else a caller writes. */
function spanAttributes(request: FastifyRequest, route: string, status: number): SpanAttributes {
  return {
    [HTTP_REQUEST_METHOD]: methodLabel(request.method),
    ...(route === NO_ROUTE ? {} : { [HTTP_ROUTE]: route }),
    [HTTP_RESPONSE_STATUS_CODE]: status,
    [URL_SCHEME]: request.protocol,
    ...tenantAttributes(request.tenantId),
  };
}
