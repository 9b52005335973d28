import { isUtf8 } from "node:buffer";
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
import { resolveCorrelationId } from "../core/correlation-id.ts";
import { kitError, type ServiceError, toErrorEnvelope, toServiceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { instrumentRequests } from "./instrumentation.ts";
import {
  assertStorableBody,
  assertStorablePath,
  rejectUnreadableRequest,
  rejectUnroutablePath,
} from "./request-guards.ts";
import { addSwaggerRoutes } from "./swagger.ts";

/** Types of a route's body, parameters and answers, taken from their TypeBox schemas. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  serializer: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
}

export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxProvider
>;

export interface HttpServerSettings {
  title: string;
  description: string;
  version: string;
  logger: Logger;
  metrics: Metrics;
  /** @default {@link noopTracing} */
  tracing?: Tracing;
  /** Bytes. @default 64 KiB */
  bodyLimit?: number;
  /**
   * Origins whose pages may call this service, such as `https://shop.example`; `*` is any. @default
   * none
   */
  corsOrigins?: readonly string[];
}

/**
 * An HTTP server with what every service has: strict validation (unknown fields are refused,
 * nothing is coerced: `1.5` or `"100"` is no number of cents), one error envelope,
 * `X-Correlation-Id` in and out, a trace, one log line a request, `/metrics`, `/openapi.json`,
 * `/swagger`.
 */
export async function createHttpServer(settings: HttpServerSettings): Promise<HttpServer> {
  const { logger, metrics, tracing = noopTracing, corsOrigins = [] } = settings;
  const server = fastify({
    // Logs are written by the hooks below, with the ids of their request.
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.bodyLimit ?? 64 * 1024,
    // A client that sends its headers or its body drop by drop holds a socket no longer than this.
    requestTimeout: 15_000,
    // And one that does not read its answer: so long may nothing happen on a connection. More than
    // any answer takes.
    connectionTimeout: 30_000,
    // Node looks for such clients only this often; at its default of 30 s they would hold on for
    // longer than that.
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2000, optimizeEmptyRequests: true },
    clientErrorHandler: rejectUnreadableRequest,
    frameworkErrors: rejectUnroutablePath,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    genReqId: ({ headers }) => resolveCorrelationId(headers["x-correlation-id"]),
    ajv: {
      customOptions: {
        // Ajv judges each keyword as it compiles it anyway; by the schema of schemas, too, a start
        // would take a tenth longer.
        validateSchema: false,
        removeAdditional: false,
        coerceTypes: false,
        useDefaults: true,
        strict: true,
        keywords: ["kind", "modifier"],
      },
    },
  }).withTypeProvider<TypeBoxProvider>() as HttpServer;

  server.setErrorHandler((error, request, reply) => {
    const answer = toServiceError(error);
    if (answer.status >= 500) request.log.error({ err: answer.code === "internal" ? error : answer }, "request failed");
    return sendError(reply, answer);
  });
  server.setNotFoundHandler((request, reply) =>
    sendError(reply, kitError("not_found", `There is no ${request.method} ${request.url.split("?")[0]}.`)),
  );
  instrumentRequests(server, logger, metrics, tracing);
  addStorableTextGuards(server);
  drainConnectionsOnClose(server, logger);
  if (corsOrigins.length > 0) {
    const { default: cors } = await import("@fastify/cors");
    await server.register(cors, {
      origin: corsOrigins.includes("*") ? "*" : [...corsOrigins],
      // By default it lets pages read and post alone.
      methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
      exposedHeaders: ["x-correlation-id", "retry-after"],
    });
  }
  await server.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: { title: settings.title, description: settings.description, version: settings.version },
    },
  });
  server.get("/openapi.json", { schema: { hide: true } }, () => server.swagger());
  server.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  addSwaggerRoutes(server);
  return server;
}

/** Before any handler, so that none has to think of it. */
function addStorableTextGuards(server: HttpServer): void {
  server.addHook("onRequest", (request, _reply, done) => {
    assertStorablePath(request.url);
    done();
  });
  // The one other type that fastify takes by itself. A form of any page may send it, without asking
  // whether it may.
  server.removeContentTypeParser("text/plain");
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes, done) => {
    const { "content-encoding": packed = "identity" } = request.headers;
    if (packed !== "identity")
      return done(kitError("unsupported_media_type", "Send the body as it is, without Content-Encoding."));
    // Read as UTF-8 all the same, other bytes would be kept as U+FFFD, and nobody told. Source: RFC
    // 8259, 8.1.
    if (!isUtf8(bytes as Buffer))
      return done(kitError("invalid_request", "The request is not valid: its body must be UTF-8."));
    const body = bytes.toString();
    parse(request, body, (error, value) => {
      if (error) return done(error);
      try {
        assertStorableBody(body, value);
      } catch (refusal) {
        return done(refusal as Error);
      }
      done(null, value);
    });
  });
}

/**
 * Until connections on which nothing has come are closed: far longer than a busy one rests between
 * two requests.
 */
const IDLE_CLOSE_MS = 60;
/**
 * Until those are closed whose request did not come, or whose answer was not read. More than the
 * database lets a statement take, and less than lifecycle.ts gives the whole service: one slow
 * client would otherwise keep its other parts from being stopped at all.
 */
const FORCED_CLOSE_MS = 6000;

/**
 * From the moment that the server closes: a connection kept alive after its last answer would hold
 * the process up until it times out.
 */
function drainConnectionsOnClose(server: HttpServer, logger: Logger): void {
  let closing = false;
  server.addHook("preClose", (done) => {
    closing = true;
    // Clients that keep their connections busy leave by that header; closed at once, some would
    // lose a request that is on its way.
    setTimeout(done, IDLE_CLOSE_MS);
    if (!server.server.listening) return;
    const late = setTimeout(() => {
      logger.warn("clients took too long; their connections are closed");
      server.server.closeAllConnections();
    }, FORCED_CLOSE_MS).unref();
    server.server.once("close", () => clearTimeout(late));
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });
}

function sendError(reply: FastifyReply, error: ServiceError): FastifyReply {
  if (error.status === 503) reply.header("retry-after", "1");
  // Past the route's own serializers: those know the good answers only.
  return reply
    .code(error.status)
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(toErrorEnvelope(error, reply.request.id));
}
