import type { Socket } from "node:net";
import fastify, { type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { toError } from "../core/caught-value.ts";
import { resolveCorrelationId } from "../core/correlation-id.ts";
import { kitError, type ServiceError, toErrorEnvelope } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { nodeHttp } from "../core/node-http.ts";
import { exposeMetrics } from "../telemetry/exposition.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { createMethodLookup } from "./allowed-methods.ts";
import { drainConnectionsOnClose } from "./connection-draining.ts";
import type { HttpServer, TypeBoxProvider } from "./fastify.ts";
import { toHttpError, toValidationError } from "./fastify-errors.ts";
import { findHeadFault } from "./head-guards.ts";
import { REPLAYED_HEADER } from "./idempotency.ts";
import { instrumentRequests } from "./instrumentation.ts";
import { addOpenApi } from "./openapi.ts";
import { createRefusals } from "./refusals.ts";
import { addStorableTextGuards } from "./request-guards.ts";
import { RequestMessage } from "./request-message.ts";
import { serveHosts } from "./served-hosts.ts";
import { addSwaggerRoutes } from "./swagger.ts";

export interface HttpServerSettings {
  title: string;
  description: string;
  version: string;
  logger: Logger;
  metrics: Metrics;
  /** @default {@link noopTracing} */
  tracing?: Tracing;
  /** Bytes of a body. @default 64 KiB */
  bodyLimit?: number;
  /**
   * Origins whose pages may call this service, such as `https://shop.example`; `*` is any origin.
   * @default none
   */
  corsOrigins?: readonly string[];
  /**
   * Names, without port, under which it answers besides the loopback's; all others get 421.
   * @default any name: in a cluster the gateway chooses
   */
  allowedHosts?: readonly string[] | undefined;
}

/**
 * Creates an HTTP server with what every service has: strict validation, one error envelope,
 * `X-Correlation-Id` in and out, a trace and one log line for each request, `/metrics`,
 * `/openapi.json` and `/swagger`. Validation refuses unknown fields and converts nothing: neither
 * `1.5` nor `"100"` is a number of cents.
 */
export async function createHttpServer(settings: HttpServerSettings): Promise<HttpServer> {
  const { logger, metrics, tracing = noopTracing, corsOrigins = [], allowedHosts } = settings;
  const refusals = createRefusals(logger, metrics);
  const server = fastify({
    // `instrumentRequests` writes the logs, with the ids of their request.
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.bodyLimit ?? 64 * 1024,
    // Limits clients that send headers or body byte by byte.
    requestTimeout: 15_000,
    // Limits clients that do not read their answer: a connection may be silent this long, which is
    // longer than any answer takes.
    connectionTimeout: 30_000,
    // Node looks for such clients at this interval. Its default of 30 s would let them stay longer.
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2000,
      optimizeEmptyRequests: true,
      IncomingMessage: RequestMessage,
      // Missing or repeated, it is answered by `findHeadFault`: Node's answer has no envelope, and
      // of several it would take the first.
      requireHostHeader: false,
      joinDuplicateHeaders: true,
    },
    clientErrorHandler: refusals.refuseUnreadable,
    frameworkErrors: refusals.refuseUnroutable,
    schemaErrorFormatter: toValidationError,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    genReqId: ({ headers }) => resolveCorrelationId(headers["x-correlation-id"]),
    ajv: {
      customOptions: {
        // A schema for the documentation, where requests carry a number as a text.
        keywords: ["documentedAs"],
        // Ajv checks keywords as it compiles them. Validating the schemas too would make a start a
        // tenth longer.
        validateSchema: false,
        removeAdditional: false,
        coerceTypes: false,
        useDefaults: true,
        strict: true,
      },
    },
  }).withTypeProvider<TypeBoxProvider>() as HttpServer;

  const findMethods = createMethodLookup(server);
  const refuseUnrouted = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?")[0] ?? "";
    const methods = findMethods(path);
    if (methods.length === 0) return sendError(reply, kitError("not_found", `There is no ${request.method} ${path}.`));
    reply.header("allow", methods.join(", "));
    const message = `There is no ${request.method} ${path}; there is ${methods.join(", ")}.`;
    return sendError(reply, kitError("method_not_allowed", message));
  };
  server.setErrorHandler((error, request, reply) => {
    // Without a content type, fastify refuses the method QUERY before it looks for a route.
    if (request.is404 && isMissingContentType(error)) return refuseUnrouted(request, reply);
    const answer = toHttpError(error, request.raw);
    if (answer.status >= 500)
      request.log.error({ err: answer.code === "internal" ? toError(error) : answer }, "request failed");
    return sendError(reply, answer);
  });
  server.setNotFoundHandler(refuseUnrouted);
  instrumentRequests(server, logger, metrics, tracing);
  const isServed = allowedHosts && serveHosts(allowedHosts);
  server.addHook("onRequest", (request, _reply, done) => done(findHeadFault(request.raw, isServed)));
  // Without listeners Node answers 417 itself, and closes the connection of a CONNECT.
  server.server.on("checkExpectation", (request, response) => server.routing(request, response));
  server.server.on("connect", (_request, socket) => refusals.refuseTunnel(socket as Socket));
  addStorableTextGuards(server);
  drainConnectionsOnClose(server, logger);
  if (corsOrigins.length > 0) {
    const { default: cors } = await import("@fastify/cors");
    await server.register(cors, {
      origin: corsOrigins.includes("*") ? "*" : [...corsOrigins],
      // The default allows pages only GET, HEAD and POST.
      methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
      exposedHeaders: ["x-correlation-id", "link", "retry-after", REPLAYED_HEADER],
    });
  }
  await addOpenApi(server, settings);
  server.get("/metrics", { schema: { hide: true } }, async (request, reply) => {
    const { contentType, body } = await exposeMetrics(metrics, request.headers.accept);
    return reply.type(contentType).send(body);
  });
  addSwaggerRoutes(server);
  return server;
}

/**
 * A header that Node refuses would fail the error's answer, too, and fastify's own has no envelope.
 */
function dropInvalidHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    try {
      nodeHttp.validateHeaderName(name);
      for (const one of [value].flat()) nodeHttp.validateHeaderValue(name, String(one));
    } catch {
      reply.removeHeader(name);
    }
}

function isMissingContentType(error: unknown): boolean {
  return (error as { code?: unknown }).code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE";
}

function sendError(reply: FastifyReply, error: ServiceError): FastifyReply {
  dropInvalidHeaders(reply);
  if (error.status === 503) reply.header("retry-after", "1");
  if (error.replayed) reply.header(REPLAYED_HEADER, "true");
  // Bypasses the route's serializers, which only know its successful answers.
  return reply
    .code(error.status)
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(toErrorEnvelope(error, reply.request.id));
}
