import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest, onResponseHookHandler } from "fastify";
import { toServiceError } from "../core/errors.ts";
import { createRequestLines, type Logger, type WriteRequestLine } from "../core/logger.ts";
import { RequestLogger } from "../core/request-logger.ts";
import { enterTrace, parseBaggage, parseTraceparent } from "../core/trace-context.ts";
import {
  HTTP_REQUEST_METHOD,
  HTTP_RESPONSE_STATUS_CODE,
  HTTP_ROUTE,
  URL_PATH,
  URL_SCHEME,
} from "../telemetry/attributes.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { HistogramSeries } from "../telemetry/prometheus-series.ts";
import type { Span, SpanAttributes } from "../telemetry/span.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { HttpServer } from "./fastify.ts";

declare module "fastify" {
  interface FastifyRequest {
    span: Span;
  }
}

/** What the requests of one route that were answered with one status have in common. */
interface RouteStatusSeries {
  duration: HistogramSeries;
  /** @default none: the route is quiet */
  writeLine: WriteRequestLine | undefined;
}

/** Routes that probes and scrapers ask every few seconds: a line each would be most of the log. */
const UNLOGGED_ROUTES = new Set(["/health", "/ready", "/metrics", "/swagger", "/swagger/*"]);
/**
 * Stands for the route of a request that no route is for. By route pattern, never by path: ids
 * would multiply what is counted.
 */
const NO_ROUTE = "none";
/**
 * nginx's number for a request whose client left before it had its answer: most of what there is to
 * see while a service is too slow.
 */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Where a connection keeps the answer that it waits for; null between two. One property and one
 * listener a connection: a listener a request would cost more than its line.
 */
const pendingReply = Symbol("awaited");

type TrackedSocket = Socket & { [pendingReply]?: FastifyReply | null };

/**
 * Ids, span, duration and log line of each request of `server`, on the routes that are added after
 * this. Callbacks, not promises, and what is known of a route is put together once: these hooks are
 * the cost of every request.
 */
export function instrumentRequests(server: HttpServer, logger: Logger, metrics: Metrics, tracing: Tracing): void {
  const durations = metrics.histogram(
    "http_request_duration_seconds",
    "From the first byte of a request to the last of its answer",
    ["method", "route", "status"],
  );
  const lines = createRequestLines(logger);
  const outcomesOf = new Map<string, (method: string, status: number) => RouteStatusSeries>();

  function outcomes(route: string): (method: string, status: number) => RouteStatusSeries {
    const known = new Map<number, Map<string, RouteStatusSeries>>();
    const first = (method: string, status: number): RouteStatusSeries => {
      const writeLine = UNLOGGED_ROUTES.has(route) ? undefined : lines(method, route, status);
      const outcome = { duration: durations.labels(method, route, String(status)), writeLine };
      known.set(status, (known.get(status) ?? new Map<string, RouteStatusSeries>()).set(method, outcome));
      return outcome;
    };
    const outcomeOf = (method: string, status: number) => known.get(status)?.get(method) ?? first(method, status);
    outcomesOf.set(route, outcomeOf);
    return outcomeOf;
  }

  function tell(
    request: FastifyRequest,
    route: string,
    { duration, writeLine }: RouteStatusSeries,
    status: number,
    elapsedTime: number,
  ): void {
    const { context } = request.span;
    duration.observe(elapsedTime / 1000);
    if (context.sampled) request.span.end({ attributes: spanAttributes(request, route, status) });
    writeLine?.(request.id, context.traceId, elapsedTime);
  }

  function responded(route: string): onResponseHookHandler {
    const outcomeOf = outcomesOf.get(route) ?? outcomes(route);
    return (request, reply, done) => {
      const connection: TrackedSocket = request.raw.socket;
      if (connection[pendingReply] === reply) connection[pendingReply] = null;
      const { statusCode, elapsedTime } = reply;
      tell(request, route, outcomeOf(request.method, statusCode), statusCode, elapsedTime);
      done();
    };
  }

  function left(this: TrackedSocket): void {
    const reply = this[pendingReply];
    if (!reply) return;
    const route = routePattern(reply.request);
    const outcome = outcomesOf.get(route)?.(reply.request.method, CLIENT_CLOSED_REQUEST);
    if (outcome) tell(reply.request, route, outcome, CLIENT_CLOSED_REQUEST, reply.elapsedTime);
  }

  server.decorateRequest("span");
  server.addHook("onRequest", (request, reply, done) => {
    const { traceparent, tracestate, baggage } = request.headers;
    const parent = parseTraceparent(traceparent, tracestate);
    request.span = tracing.startSpan(() => spanName(request), "server", parent);
    request.log = new RequestLogger(logger, () => ({
      correlation_id: request.id,
      trace_id: request.span.context.traceId,
    }));
    reply.log = request.log;
    reply.header("x-correlation-id", request.id);
    const connection: TrackedSocket = request.raw.socket;
    if (connection[pendingReply] === undefined) connection.once("close", left);
    connection[pendingReply] = reply;
    enterTrace(request.span.context, request.id, parseBaggage(baggage));
    done();
  });
  server.addHook("onError", (request, _reply, error, done) => {
    const { status } = toServiceError(error);
    if (status >= 500) request.span.end({ error, attributes: spanAttributes(request, routePattern(request), status) });
    done();
  });
  // A hook of its own for each route: asked what its route is, a request puts together all that is
  // known of it.
  server.addHook("onRoute", (route) => {
    route.onResponse = [responded(route.url), ...[route.onResponse ?? []].flat()];
  });
  const respondedNone = responded(NO_ROUTE);
  server.addHook("onResponse", function (request, reply, done) {
    if (request.is404) respondedNone.call(this, request, reply, done);
    else done();
  });
}

function routePattern(request: FastifyRequest): string {
  return request.routeOptions.url ?? NO_ROUTE;
}

function spanName(request: FastifyRequest): string {
  const route = request.routeOptions.url;
  return route === undefined ? request.method : `${request.method} ${route}`;
}

function spanAttributes(request: FastifyRequest, route: string, status: number): SpanAttributes {
  return {
    [HTTP_REQUEST_METHOD]: request.method,
    ...(route === NO_ROUTE ? {} : { [HTTP_ROUTE]: route }),
    [HTTP_RESPONSE_STATUS_CODE]: status,
    [URL_PATH]: request.url.split("?", 1)[0] ?? "",
    [URL_SCHEME]: request.protocol,
  };
}
