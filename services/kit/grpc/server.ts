import type { EventEmitter } from "node:events";
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import {
  Code,
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  createContextValues,
} from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import { resolveCorrelationId } from "../core/correlation-id.ts";
import { kitError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { TenantDirectory } from "../core/tenant.ts";
import { parseBaggage, parseTraceparent, runInTrace } from "../core/trace-context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { createCallInterceptor, GrpcCall, grpcCallKey, isStandardService, resolveTenant } from "./call.ts";
import { callAttributes } from "./call-attributes.ts";
import { handleUnary, isUncompressedUnary, recordUnaryMethods, type UnaryMethod } from "./unary.ts";

export interface GrpcServerSettings {
  logger: Logger;
  metrics: Metrics;
  /** @default {@link noopTracing} */
  tracing?: Tracing;
  /** Says what is served, as in `router.service(EchoService, { say: (request, context) => … })`. */
  routes(router: ConnectRouter): void;
  /**
   * Each call then names a tenant by the metadata `x-tenant-id`. @default none: calls have no
   * tenant
   */
  tenants?: TenantDirectory;
  /** Tenant of the calls that name none. @default none: the metadata is required */
  defaultTenant?: number;
  /** Bytes of one message. @default 4 MiB, as in every gRPC library */
  maxMessageBytes?: number;
  /**
   * Milliseconds after which a client is asked to connect anew, give or take a tenth. @default 5
   * minutes
   */
  connectionAgeMs?: number;
}

export interface GrpcServer {
  /** Returns the port, for `port: 0` the one that was free. */
  listen(at: { host: string; port: number }): Promise<number>;
  /**
   * Takes no new connections, answers every call under way, ends streams after
   * {@link STREAM_GRACE_MS}.
   */
  close(): Promise<void>;
}

/** Of a call with one answer whose client gave none. */
const DEFAULT_DEADLINE_MS = 15_000;
/** A client that sends its one message drop by drop holds memory no longer than this. */
const MESSAGE_TIMEOUT_MS = 15_000;
const TRAILING_INPUT_MS = 1000;
/** More than a message needs within a cluster. */
const GOAWAY_NOTICE_MS = 50;
const STREAM_GRACE_MS = 3000;
/** Less than lifecycle.ts gives the whole service. */
const DRAIN_TIMEOUT_MS = 8000;
const SERVER_FAULT_CODES = new Set(["Internal", "Unknown", "DataLoss", "Unavailable"]);

/**
 * Speaks gRPC, gRPC-Web and Connect over HTTP/2 without TLS, on a port of its own. Calls have what
 * HTTP requests have: tenant, correlation id, trace, closed error codes, a deadline, one log line,
 * metrics.
 */
export function createGrpcServer(settings: GrpcServerSettings): GrpcServer {
  const { tenants, defaultTenant, maxMessageBytes = 4 * 1024 * 1024, connectionAgeMs = 300_000 } = settings;
  const ending = new AbortController();
  const router = createConnectRouter({
    interceptors: [createCallInterceptor({ tenants, defaultTenant, stopSignal: ending.signal })],
    readMaxBytes: maxMessageBytes,
    acceptCompression: [compressionGzip],
    // Within a cluster bytes are cheaper than the work of packing them.
    compressMinBytes: 64 * 1024,
  });
  const unary = new Map<string, UnaryMethod>();
  settings.routes(recordUnaryMethods(router, unary));
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const begin = instrumentCalls(settings);
  const active = new Set<GrpcCall>();
  const sessions = new Set<ServerHttp2Session>();
  const ended = Promise.withResolvers<void>();

  function answer(
    handler: UniversalHandler,
    call: GrpcCall,
    request: Http2ServerRequest,
    response: Http2ServerResponse,
  ): void {
    const { headers } = request;
    if (handler.method.methodKind === "unary") applyDeadlines(request);
    const values = createContextValues().set(grpcCallKey, call);
    const plain = unary.get(handler.requestPath);
    if (plain && isUncompressedUnary(headers)) {
      const admitted = () => resolveTenant(call, headers["x-tenant-id"], { tenants, defaultTenant });
      void handleUnary(plain, { call, request, response, values, maxMessageBytes, resolveTenant: admitted });
    } else handleWithConnect(handler, call, values, request, response);
  }

  const server = createServer((request, response) => {
    const handler = handlers.get(request.url.split("?", 1)[0] ?? "");
    const { call, end } = begin(request, handler);
    if (!handler) respondUnimplemented(request, response, call);
    else {
      const { context } = call.span;
      const baggage = parseBaggage(request.headers.baggage);
      runInTrace(context, () => answer(handler, call, request, response), call.correlationId, baggage);
    }
    active.add(call);
    request.stream.once("finish", () => discardTrailingInput(request));
    response.once("close", () => {
      active.delete(call);
      end();
    });
  });
  // The session object of a client that sends no HTTP/2 has nothing to say to it: the socket is
  // closed.
  server.on("sessionError", (error) => settings.logger.debug({ err: error }, "gRPC connection broke"));
  server.on("session", (session) => {
    sessions.add(session);
    // A client keeps its one connection: without this, replicas that came later would get no calls.
    const timer = setTimeout(() => drainSession(session), connectionAgeMs * (0.9 + Math.random() * 0.2)).unref();
    session.once("close", () => {
      clearTimeout(timer);
      sessions.delete(session);
      if (!server.listening && sessions.size === 0) ended.resolve();
    });
  });

  return {
    async listen({ host, port }) {
      await new Promise<void>((resolve, reject) => {
        (server as EventEmitter).once("error", reject);
        server.listen(port, host, resolve);
      });
      return (server.address() as AddressInfo).port;
    },
    async close() {
      if (!server.listening) return;
      server.close();
      for (const session of sessions) drainSession(session);
      const stopping = kitError("unavailable", "The server is stopping; try again.");
      const timers = [
        setTimeout(() => ending.abort(stopping), STREAM_GRACE_MS),
        setTimeout(() => {
          settings.logger.error({ calls: active.size }, "gRPC calls took too long to end; left undone");
          ended.resolve();
        }, DRAIN_TIMEOUT_MS),
      ];
      if (sessions.size > 0) await ended.promise;
      for (const timer of timers) clearTimeout(timer);
      for (const session of sessions) session.destroy();
    },
  };
}

/** Makes the record of a call, and the function that tells of its end in metrics, log and trace. */
function instrumentCalls({ logger, metrics, tracing = noopTracing }: GrpcServerSettings) {
  const labels = ["grpc_service", "grpc_method", "grpc_code"] as const;
  const handled = metrics.counter(
    "grpc_server_handled_total",
    "Calls answered, by gRPC's name of their outcome",
    labels,
  );
  const duration = metrics.histogram(
    "grpc_server_handling_seconds",
    "From the headers of a call to the last byte of its answer",
    labels,
  );
  return (request: Http2ServerRequest, handler: UniversalHandler | undefined) => {
    const begun = performance.now();
    const { traceparent, tracestate, "x-correlation-id": correlation } = request.headers;
    // Of names that nobody serves there are any number.
    const [service, method] = handler ? [handler.service.typeName, handler.method.name] : ["unknown", "unknown"];
    const parent = parseTraceparent(traceparent, tracestate);
    const span = tracing.startSpan(`${service}/${method}`, "server", parent);
    const call = new GrpcCall({ service, method, correlationId: resolveCorrelationId(correlation), span, logger });
    const end = () => {
      // Nothing of an answer was sent: the client went away before there was one.
      const code = call.statusCode ?? "Canceled";
      const ms = performance.now() - begun;
      handled.labels(service, method, code).inc();
      duration.labels(service, method, code).observe(ms / 1000);
      const fault = SERVER_FAULT_CODES.has(code);
      if (span.context.sampled) {
        const attributes = callAttributes(service, method, code, fault);
        span.end(fault ? { error: call.error, attributes } : { attributes });
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

/** Streams, and whatever speaks gRPC-Web or Connect. */
function handleWithConnect(
  handler: UniversalHandler,
  call: GrpcCall,
  values: ContextValues,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): void {
  handler(universalRequestFromNodeRequest(request, response, undefined, values))
    .then((told) => {
      // Before the call is counted.
      response.prependOnceListener("close", () => {
        call.statusCode ??= readStatusCode(told);
      });
      return universalResponseToNodeResponse(told, response);
    })
    // The client has hung up: there is nobody left to tell.
    .catch((error: unknown) => call.log.debug({ err: error }, "call broke off"));
}

/**
 * What the client still says to a call that is answered. A stream is over only when both sides are.
 */
function discardTrailingInput({ stream }: Http2ServerRequest): void {
  // Past the request object, which takes no more and would hold the bytes back.
  stream.removeAllListeners("data").resume();
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), TRAILING_INPUT_MS).unref();
  stream.once("close", () => clearTimeout(timer));
}

function applyDeadlines({ headers, stream }: Http2ServerRequest): void {
  if (headers["grpc-timeout"] === undefined && headers["connect-timeout-ms"] === undefined) {
    const name = headers["content-type"]?.startsWith("application/grpc") ? "grpc-timeout" : "connect-timeout-ms";
    headers[name] = name === "grpc-timeout" ? `${DEFAULT_DEADLINE_MS}m` : `${DEFAULT_DEADLINE_MS}`;
  }
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), MESSAGE_TIMEOUT_MS).unref();
  const stop = () => clearTimeout(timer);
  stream.once("end", stop);
  stream.once("close", stop);
}

/** Of a call that never reached its handler. Trailers are complete once the answer was sent. */
function readStatusCode({ status, trailer }: UniversalServerResponse): string | undefined {
  const code = Number(trailer?.get("grpc-status") ?? Number.NaN);
  if (code === 0) return "OK";
  return Code[code] ?? (status >= 400 ? "InvalidArgument" : undefined);
}

/**
 * In gRPC's own terms, so that its clients need not guess from an HTTP status. They look for it in
 * headers that are the whole answer.
 */
function respondUnimplemented({ headers }: Http2ServerRequest, { stream }: Http2ServerResponse, call: GrpcCall): void {
  const type = headers["content-type"] ?? "";
  call.statusCode = Code[Code.Unimplemented];
  const told = {
    "content-type": type,
    "grpc-status": String(Code.Unimplemented),
    "grpc-message": "there is no such method",
  };
  stream.respond(type.startsWith("application/grpc") ? { ":status": 200, ...told } : { ":status": 404 }, {
    endStream: true,
  });
}

/**
 * Ends a connection without losing a call: the client is told to open no more calls here, and only
 * once it must have heard of it are they refused, which says that they may be made elsewhere. No
 * ping tells when that is: Node's client answers none any more, and keeps calls that it was about
 * to send until the refusal. Source: RFC 9113, 6.8.
 */
function drainSession(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return;
  session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
  setTimeout(() => session.close(), GOAWAY_NOTICE_MS);
}
