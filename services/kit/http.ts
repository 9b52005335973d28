import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import swagger from "@fastify/swagger";
import type { Static, TSchema } from "@sinclair/typebox";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyTypeProvider,
  LogController,
  type RawServerDefault,
} from "fastify";
import { asServiceError, type ErrorEnvelope, kitError, type ServiceError } from "./errors.ts";
import type { Logger } from "./logger.ts";
import type { Telemetry } from "./telemetry.ts";

/** Types of a route's body, parameters and answers, taken from their TypeBox schemas. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  serializer: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
}

export type HttpServer = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxProvider>;

export interface HttpSettings {
  title: string;
  description: string;
  version: string;
  logger: Logger;
  telemetry: Telemetry;
  /** Bytes. @default 64 KiB */
  bodyLimit?: number;
}

const CORRELATION = /^[\w.-]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * An HTTP server with what every service has: strict validation (unknown fields are refused, nothing is coerced: `1.5` or `"100"` is no
 * number of cents), one error envelope, `X-Correlation-Id` in and out, one log line a request, `/metrics`, `/openapi.json`.
 */
export async function createHttp(settings: HttpSettings): Promise<HttpServer> {
  const { logger, telemetry } = settings;
  const duration = telemetry.histogram("http_request_duration_seconds", "From the first byte of a request to the last of its answer", [
    "method",
    "route",
    "status",
  ]);
  const server = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "correlation_id" }),
    bodyLimit: settings.bodyLimit ?? 64 * 1024,
    // A client that sends its body drop by drop holds a socket no longer than this.
    requestTimeout: 15_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const given = headers["x-correlation-id"];
      return typeof given === "string" && CORRELATION.test(given) ? given : randomUUID();
    },
    childLoggerFactory: (parent, bindings, options, { headers }) => {
      const trace = typeof headers.traceparent === "string" ? TRACEPARENT.exec(headers.traceparent)?.[1] : undefined;
      return parent.child(trace === undefined ? bindings : { ...bindings, trace_id: trace }, options);
    },
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: true, strict: true, keywords: ["kind", "modifier"] },
    },
  }).withTypeProvider<TypeBoxProvider>();

  server.setErrorHandler((error, request, reply) => {
    const answer = asServiceError(error);
    if (answer.status >= 500) request.log.error({ err: answer.code === "internal" ? error : answer }, "request failed");
    return sendError(reply, answer);
  });
  server.setNotFoundHandler((request, reply) =>
    sendError(reply, kitError("not_found", `There is no ${request.method} ${request.url.split("?")[0]}.`)),
  );
  let closing = false;
  server.addHook("preClose", async () => {
    closing = true;
  });
  server.addHook("onSend", async (_request, reply) => {
    // A connection kept alive after its last answer would hold the process up until it times out.
    if (closing) reply.header("connection", "close");
  });
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-correlation-id", request.id);
  });
  server.addHook("onResponse", async (request, reply) => {
    const seconds = reply.elapsedTime / 1000;
    const route = request.routeOptions.url ?? "none";
    // By route pattern, never by path: ids would multiply it.
    duration.labels(request.method, route, String(reply.statusCode)).observe(seconds);
    if (QUIET.has(route)) return;
    request.log.info(
      { method: request.method, route, status: reply.statusCode, duration_ms: Math.round(reply.elapsedTime * 100) / 100 },
      "request",
    );
  });

  await server.register(swagger, {
    openapi: { openapi: "3.0.3", info: { title: settings.title, description: settings.description, version: settings.version } },
  });
  server.get("/openapi.json", { schema: { hide: true } }, () => server.swagger());
  server.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
    reply.type(telemetry.registry.contentType).send(await telemetry.registry.metrics()),
  );
  return server as HttpServer;
}

/** Routes that probes and scrapers ask every few seconds: a line each would be most of the log. */
const QUIET = new Set(["/health", "/ready", "/metrics"]);

function sendError(reply: FastifyReply, error: ServiceError): FastifyReply {
  const envelope: ErrorEnvelope = {
    error: {
      code: error.code,
      message: error.message,
      ...(error.details === undefined ? {} : { details: error.details }),
      correlation_id: reply.request.id,
    },
  };
  if (error.status === 503) reply.header("retry-after", "1");
  // Past the route's own serializers: those know the good answers only.
  return reply.code(error.status).type("application/json; charset=utf-8").serializer(JSON.stringify).send(envelope);
}
