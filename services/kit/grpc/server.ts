import type { EventEmitter } from "node:events";
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, type ConnectRouter, createConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import { kitError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { TenantDirectory } from "../core/tenant.ts";
import { parseBaggage, runInTrace } from "../core/trace-context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { boundBody } from "./bounded-body.ts";
import { createCallInterceptor, createTenantGate, type GrpcCall, grpcCallKey, resolveTenant } from "./call.ts";
import { readExactJson } from "./json-body.ts";
import { createMessageBudget, type MessageBudget } from "./message-budget.ts";
import { instrumentServedCalls } from "./server-instrumentation.ts";
import { drainSession } from "./session-draining.ts";
import { handleUnary, isUncompressedUnary, recordUnaryMethods, type UnaryCall, type UnaryMethod } from "./unary.ts";

export interface GrpcServerSettings {
  logger: Logger;
  metrics: Metrics;
  /** @default `noopTracing` */
  tracing?: Tracing;
  /**
   * Registers what is served, as in
   * `router.service(EchoService, { say: (request, context) => … })`.
   */
  routes(router: ConnectRouter): void;
  /**
   * Requires each call to name a tenant in the metadata `x-tenant-id`. @default none: calls have no
   * tenant
   */
  tenants?: TenantDirectory;
  /** Tenant of calls that name none. @default none: the metadata is required */
  defaultTenant?: number;
  /** Bytes of one message. @default 4 MiB, as in every gRPC library */
  maxMessageBytes?: number;
  /**
   * Milliseconds after which a client is asked to reconnect, plus or minus a tenth. @default 5
   * minutes
   */
  connectionAgeMs?: number;
}

export interface GrpcServer {
  /** Returns the port; `port: 0` takes a free one. */
  listen(address: { host: string; port: number }): Promise<number>;
  /**
   * Takes no new connections, answers the calls under way and ends streams after
   * {@link STREAM_GRACE_MS}.
   */
  close(): Promise<void>;
}

/** Deadline of a unary call whose client gave none. */
const DEFAULT_DEADLINE_MS = 15_000;
/** Limits clients that send their one message byte by byte. */
const MESSAGE_TIMEOUT_MS = 15_000;
const TRAILING_INPUT_MS = 1000;
/** Largest messages that the calls of a connection may hold at a time. Others wait unread. */
const MESSAGES_OF_A_CONNECTION = 4;
/** Of one connection, as Go's HTTP/2 limits them; further ones wait at their client. */
const MAX_CONCURRENT_CALLS = 250;
const STREAM_GRACE_MS = 3000;
/** Shorter than lifecycle.ts gives the whole service. */
const DRAIN_TIMEOUT_MS = 8000;

/**
 * Creates a server of gRPC, gRPC-Web and Connect over HTTP/2 without TLS, on a separate port. Calls
 * have what HTTP requests have: tenant, correlation id, trace, closed error codes, deadline, log
 * line and metrics.
 */
export function createGrpcServer(settings: GrpcServerSettings): GrpcServer {
  const { tenants, defaultTenant, maxMessageBytes = 4 * 1024 * 1024, connectionAgeMs = 300_000 } = settings;
  const ending = new AbortController();
  const router = createConnectRouter({
    interceptors: [createCallInterceptor(ending.signal)],
    requestGate: createTenantGate({ tenants, defaultTenant }),
    readMaxBytes: maxMessageBytes,
    acceptCompression: [compressionGzip],
    // Within a cluster, sending bytes costs less than compressing them.
    compressMinBytes: 64 * 1024,
  });
  const unaryMethods = new Map<string, UnaryMethod>();
  settings.routes(recordUnaryMethods(router, unaryMethods));
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const begin = instrumentServedCalls(settings);
  const newBudget = () => createMessageBudget(MESSAGES_OF_A_CONNECTION * maxMessageBytes);
  const activeCalls = new Set<GrpcCall>();
  const sessions = new Map<ServerHttp2Session, MessageBudget>();
  const ended = Promise.withResolvers<void>();

  function answer(
    handler: UniversalHandler,
    call: GrpcCall,
    request: Http2ServerRequest,
    response: Http2ServerResponse,
  ): void {
    const { headers } = request;
    if (handler.method.methodKind === "unary") applyDeadlines(request);
    const budget = sessions.get(request.stream.session as ServerHttp2Session) ?? newBudget();
    const values = createContextValues().set(grpcCallKey, call);
    const unaryMethod = unaryMethods.get(handler.requestPath);
    if (unaryMethod && isUncompressedUnary(headers)) {
      const checkTenant = () => resolveTenant(call, headers["x-tenant-id"], { tenants, defaultTenant });
      void handleUnary(unaryMethod, {
        ...{ call, request, response, values, maxMessageBytes, budget },
        resolveTenant: checkTenant,
      });
    } else handleWithConnect(handler, { call, request, response, values, maxMessageBytes, budget });
  }

  const server = createServer({ settings: { maxConcurrentStreams: MAX_CONCURRENT_CALLS } }, (request, response) => {
    const handler = handlers.get(request.url.split("?", 1)[0] ?? "");
    const { call, end } = begin(request, handler);
    if (!handler) respondUnimplemented(request, response, call);
    else {
      const { context } = call.span;
      const baggage = parseBaggage(request.headers.baggage);
      runInTrace(context, () => answer(handler, call, request, response), {
        correlationId: call.correlationId,
        baggage,
      });
    }
    activeCalls.add(call);
    request.stream.once("finish", () => discardTrailingInput(request));
    response.once("close", () => {
      activeCalls.delete(call);
      end();
    });
  });
  // A client that does not speak HTTP/2 gets no answer: Node closes its socket.
  server.on("sessionError", (error) => settings.logger.debug({ err: error }, "gRPC connection broke"));
  server.on("session", (session) => {
    sessions.set(session, newBudget());
    // Clients keep their one connection, so new replicas would get no calls without this.
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
      for (const session of sessions.keys()) drainSession(session);
      const stopping = kitError("unavailable", "The server is stopping; try again.");
      const timers = [
        setTimeout(() => ending.abort(stopping), STREAM_GRACE_MS),
        setTimeout(() => {
          settings.logger.error({ calls: activeCalls.size }, "gRPC calls took too long to end and are cut off");
          ended.resolve();
        }, DRAIN_TIMEOUT_MS),
      ];
      if (sessions.size > 0) await ended.promise;
      for (const timer of timers) clearTimeout(timer);
      for (const session of sessions.keys()) session.destroy();
    },
  };
}

/** Answers streams, and calls over gRPC-Web or Connect. */
function handleWithConnect(
  handler: UniversalHandler,
  { call, request, response, values, maxMessageBytes, budget }: Omit<UnaryCall, "resolveTenant">,
): void {
  const universal = universalRequestFromNodeRequest(request, response, undefined, values);
  const ended = new Promise<void>((resolve) => void response.once("close", resolve));
  const { "content-type": type = "" } = request.headers;
  const isFramed = !/^application\/(proto|json)\b/.test(type);
  const body = boundBody(universal.body as AsyncIterable<Uint8Array>, budget, {
    isFramed,
    maxBytes: maxMessageBytes,
    ended,
  });
  const isJson = type.startsWith("application/json");
  handler({ ...universal, body: isJson ? readExactJson(body, maxMessageBytes, call.correlationId) : body })
    .then((answer) => {
      // Runs before the listener that counts the call.
      response.prependOnceListener("close", () => {
        call.statusCode ??= readStatusCode(answer);
      });
      return universalResponseToNodeResponse(answer, response);
    })
    // The client has left, so no answer can be sent.
    .catch((error: unknown) => call.log.debug({ err: error }, "call broke off"));
}

/** Discards what a client still sends to an answered call: a stream ends when both sides do. */
function discardTrailingInput({ stream }: Http2ServerRequest): void {
  // Bypasses the request object, which reads no more and would hold the bytes back.
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

/** The status of a call that never reached its handler, from the trailers of the sent answer. */
function readStatusCode({ status, trailer }: UniversalServerResponse): string | undefined {
  const code = Number(trailer?.get("grpc-status") ?? Number.NaN);
  if (code === 0) return "OK";
  return Code[code] ?? (status >= 400 ? "InvalidArgument" : undefined);
}

/**
 * Answers in gRPC's own terms, so that clients need not guess from an HTTP status. They expect the
 * status in the headers of an answer without body.
 */
function respondUnimplemented({ headers }: Http2ServerRequest, { stream }: Http2ServerResponse, call: GrpcCall): void {
  const type = headers["content-type"] ?? "";
  call.statusCode = Code[Code.Unimplemented];
  const grpcHeaders = {
    "content-type": type,
    "grpc-status": String(Code.Unimplemented),
    "grpc-message": "there is no such method",
  };
  stream.respond(type.startsWith("application/grpc") ? { ":status": 200, ...grpcHeaders } : { ":status": 404 }, {
    endStream: true,
  });
}
