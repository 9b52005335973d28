import { randomUUID } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { parseCorrelationId } from "./correlation-id.ts";
import type { Env } from "./env.ts";
import { asServiceError, ServiceError, unreadable } from "./errors.ts";
import { isServed } from "./hosts.ts";
import type { Metrics } from "./metrics.ts";
import { observeRequests, recordRefusal } from "./observe.ts";
import { redact, redactFields } from "./redaction.ts";
import { parseTenant } from "./tenant.ts";

/** A server with what every service has: strict validation, one error envelope, correlation ids, JSON logs, metrics, OpenAPI. */
export async function createHttp(env: Env, metrics: Metrics): Promise<FastifyInstance> {
  const server: FastifyInstance = fastify({
    logger: {
      level: env.logLevel,
      base: { service: env.name, version: env.version },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }), log: redactFields },
      // The formatter has described errors already; a message may repeat what it was given.
      serializers: { err: (described) => described as never, msg: (text: unknown) => redact(String(text)) },
    },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "correlation_id" }),
    bodyLimit: 64 * 1024,
    // A client that sends its body drop by drop holds a socket no longer than this.
    requestTimeout: 15_000,
    // Requests under way are finished; a connection kept alive must not hold the process up.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // Refused below, in the envelope.
    http: { requireHostHeader: false },
    // What is refused before it has a route gets the envelope too, and its place in the log and the metrics.
    frameworkErrors(error, { id, method, log }, reply) {
      const answer = asServiceError(error);
      recordRefusal(metrics, log, method, answer.status);
      sendError(reply.header("x-correlation-id", id), answer);
    },
    clientErrorHandler(error, socket) {
      if (!socket.writable || error.code === "ECONNRESET") return socket.destroy();
      const id = randomUUID();
      const answer = unreadable(error.code);
      recordRefusal(metrics, server.log.child({ correlation_id: id }), "_OTHER", answer.status);
      const body = JSON.stringify(envelope(answer, id));
      const head = [
        `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`,
        "Connection: close",
        "Content-Type: application/json; charset=utf-8",
        `Content-Length: ${Buffer.byteLength(body)}`,
        `X-Correlation-Id: ${id}`,
      ];
      socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
    },
    genReqId: ({ headers }) => parseCorrelationId(headers["x-correlation-id"]) ?? randomUUID(),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  // Bodies are JSON; fastify would take plain text as well.
  server.removeContentTypeParser("text/plain");
  server.setErrorHandler((error, request, reply) => {
    const answer = asServiceError(error);
    if (answer.status >= 500) request.log.error({ err: answer.cause ?? answer }, "request failed");
    return sendError(reply, answer);
  });
  server.setNotFoundHandler((request, reply) =>
    sendError(reply, new ServiceError("not_found", `There is no ${request.method} ${request.url.split("?")[0]}.`)),
  );
  let closing = false;
  server.addHook("preClose", async () => {
    closing = true;
  });
  server.addHook("onSend", async (_request, reply) => {
    if (closing) reply.header("connection", "close");
  });
  observeRequests(server, metrics);
  server.addHook("onRequest", async ({ raw, headers }) => {
    requireOneHost(raw);
    if (!isServed(headers.host, env.allowedHosts))
      throw new ServiceError("misdirected_request", "This service does not answer under that name.");
  });
  // Whatever else a client expects, it gets the answer.
  server.server.on("checkExpectation", (request, response) => server.server.emit("request", request, response));
  await server.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: {
        title: env.name,
        description: "Notices of each tenant",
        version: env.version,
        contact: { name: env.name },
        license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      },
      servers: [{ url: "/", description: "The server that answered with this document" }],
      // The platform's gateway authenticates.
      security: [],
      tags: [{ name: "notices", description: "What a service tells its tenants" }],
    },
  });
  await server.register(swaggerUi, { routePrefix: "/swagger" });
  server.get("/openapi.json", { schema: { hide: true } }, () => server.swagger());
  return server;
}

/** Readers of a request with two hosts may disagree about it. */
function requireOneHost({ httpVersion, rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
  if (hosts > 1 || (hosts === 0 && httpVersion === "1.1") || !httpVersion.startsWith("1."))
    throw new ServiceError("invalid_request", "The request could not be read: it must name one host, in HTTP/1.1.");
}

/** Refuses a request without a tenant before anything else of it is read. */
export async function requireTenant(request: FastifyRequest): Promise<void> {
  const given = request.headers["x-tenant-id"];
  if (given === undefined || given === "")
    throw new ServiceError("tenant_required", "The header X-Tenant-Id is missing: send the tenant's number.");
  if (parseTenant(given) === undefined)
    throw new ServiceError(
      "tenant_invalid",
      `X-Tenant-Id must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}.`,
    );
}

/** Of a request that {@link requireTenant} let in. */
export function tenantOf(request: FastifyRequest): number {
  return Number(request.headers["x-tenant-id"]);
}

function sendError(reply: FastifyReply, error: ServiceError): FastifyReply {
  if (error.status === 503) reply.header("retry-after", "1");
  const body = envelope(error, reply.request.id);
  return reply.code(error.status).type("application/json; charset=utf-8").serializer(JSON.stringify).send(body);
}

function envelope({ code, message }: ServiceError, correlationId: string) {
  return { error: { code, message, correlation_id: correlationId } };
}
