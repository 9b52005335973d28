import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest, onResponseHookHandler } from "fastify";
import { asServiceError } from "./errors.ts";
import type { HttpServer } from "./http.ts";
import { type Logger, requestLines, type WriteRequestLine } from "./logger.ts";
import type { HistogramSeries } from "./metrics.ts";
import { RequestLog } from "./request-log.ts";
import type { Telemetry } from "./telemetry.ts";
import { enterTrace, parseTraceparent, type Span, type Tracing } from "./tracing.ts";

declare module "fastify" {
  interface FastifyRequest {
    span: Span;
  }
}

/** What the requests of one route that were answered with one status have in common. */
interface Outcome {
  duration: HistogramSeries;
  /** @default none: the route is quiet */
  writeLine: WriteRequestLine | undefined;
}

/** Routes that probes and scrapers ask every few seconds: a line each would be most of the log. */
const QUIET = new Set(["/health", "/ready", "/metrics", "/swagger", "/swagger/*"]);
/** Stands for the route of a request that no route is for. By route pattern, never by path: ids would multiply what is counted. */
const NO_ROUTE = "none";
/** nginx's number for a request whose client left before it had its answer: most of what there is to see while a service is too slow. */
const CLIENT_LEFT = 499;

/** Where a connection keeps the answer that it waits for; null between two. One property and one listener a connection: a listener a request would cost more than its line. */
const awaited = Symbol("awaited");

type Connection = Socket & { [awaited]?: FastifyReply | null };

/**
 * Ids, span, duration and log line of each request of `server`, on the routes that are added after this. Callbacks, not promises, and what is known
 * of a route is put together once: these hooks are the cost of every request.
 */
export function observe(server: HttpServer, logger: Logger, telemetry: Telemetry, tracing: Tracing): void {
  const durations = telemetry.histogram("http_request_duration_seconds", "From the first byte of a request to the last of its answer", [
    "method",
    "route",
    "status",
  ]);
  const lines = requestLines(logger);
  const outcomesOf = new Map<string, (method: string, status: number) => Outcome>();

  function outcomes(route: string): (method: string, status: number) => Outcome {
    const known = new Map<number, Map<string, Outcome>>();
    const first = (method: string, status: number): Outcome => {
      const writeLine = QUIET.has(route) ? undefined : lines(method, route, status);
      const outcome = { duration: durations.labels(method, route, String(status)), writeLine };
      known.set(status, (known.get(status) ?? new Map<string, Outcome>()).set(method, outcome));
      return outcome;
    };
    const outcomeOf = (method: string, status: number) => known.get(status)?.get(method) ?? first(method, status);
    outcomesOf.set(route, outcomeOf);
    return outcomeOf;
  }

  function tell(request: FastifyRequest, route: string, { duration, writeLine }: Outcome, status: number, elapsedTime: number): void {
    const { context } = request.span;
    duration.observe(elapsedTime / 1000);
    if (context.sampled) request.span.end({ attributes: attributesOf(request, route, status) });
    writeLine?.(request.id, context.traceId, elapsedTime);
  }

  function responded(route: string): onResponseHookHandler {
    const outcomeOf = outcomesOf.get(route) ?? outcomes(route);
    return (request, reply, done) => {
      const connection: Connection = request.raw.socket;
      if (connection[awaited] === reply) connection[awaited] = null;
      const { statusCode, elapsedTime } = reply;
      tell(request, route, outcomeOf(request.method, statusCode), statusCode, elapsedTime);
      done();
    };
  }

  function left(this: Connection): void {
    const reply = this[awaited];
    if (!reply) return;
    const route = routeOf(reply.request);
    const outcome = outcomesOf.get(route)?.(reply.request.method, CLIENT_LEFT);
    if (outcome) tell(reply.request, route, outcome, CLIENT_LEFT, reply.elapsedTime);
  }

  server.decorateRequest("span");
  server.addHook("onRequest", (request, reply, done) => {
    const { traceparent } = request.headers;
    const parent = typeof traceparent === "string" ? parseTraceparent(traceparent) : undefined;
    request.span = tracing.span(() => `${request.method} ${routeOf(request)}`, "server", parent);
    request.log = new RequestLog(logger, () => ({ correlation_id: request.id, trace_id: request.span.context.traceId }));
    reply.log = request.log;
    reply.header("x-correlation-id", request.id);
    const connection: Connection = request.raw.socket;
    if (connection[awaited] === undefined) connection.once("close", left);
    connection[awaited] = reply;
    enterTrace(request.span.context, request.id);
    done();
  });
  server.addHook("onError", (request, _reply, error, done) => {
    const { status } = asServiceError(error);
    if (status >= 500) request.span.end({ error, attributes: attributesOf(request, routeOf(request), status) });
    done();
  });
  // A hook of its own for each route: asked what its route is, a request puts together all that is known of it.
  server.addHook("onRoute", (route) => {
    route.onResponse = [responded(route.url), ...[route.onResponse ?? []].flat()];
  });
  const respondedNone = responded(NO_ROUTE);
  server.addHook("onResponse", function (request, reply, done) {
    if (request.is404) respondedNone.call(this, request, reply, done);
    else done();
  });
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? NO_ROUTE;
}

function attributesOf(request: FastifyRequest, route: string, status: number) {
  return { "http.request.method": request.method, "http.route": route, "http.response.status_code": status };
}
