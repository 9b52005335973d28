import { randomUUID } from "node:crypto";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { collectDefaultMetrics, Histogram, type Registry } from "prom-client";
import type { Env } from "./env.ts";
import { asServiceError, ServiceError } from "./errors.ts";
import { type Tracing, traceIdOf } from "./tracing.ts";

const CORRELATION = /^[\w.-]{1,128}$/;
/** Probes and scrapers ask these every few seconds: a line each would be most of the log. */
const QUIET = new Set(["/health", "/ready", "/metrics"]);
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** A server with what every service has: strict validation, one error envelope, correlation ids, JSON logs, metrics, OpenAPI. */
export async function createHttp(env: Env, metrics: Registry, tracing: Tracing): Promise<FastifyInstance> {
  const server = fastify({
    logger: {
      level: env.logLevel,
      base: { service: env.name, version: env.version },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
    },
    disableRequestLogging: true,
    requestIdLogLabel: "correlation_id",
    bodyLimit: 64 * 1024,
    // A client that sends its body drop by drop holds a socket no longer than this.
    requestTimeout: 15_000,
    // Requests under way are finished; a connection kept alive must not hold the process up.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const given = headers["x-correlation-id"];
      return typeof given === "string" && CORRELATION.test(given) ? given : randomUUID();
    },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  await server.register(tracing.fastify.plugin());
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
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-correlation-id", request.id);
    const { context } = request.opentelemetry();
    const traceId = context && traceIdOf(context);
    if (traceId !== undefined) request.log = reply.log = request.log.child({ trace_id: traceId });
  });
  server.addHook("onSend", async (_request, reply) => {
    if (closing) reply.header("connection", "close");
  });
  observe(server, metrics);
  await server.register(swagger, { openapi: { openapi: "3.0.3", info: { title: env.name, version: env.version } } });
  await server.register(swaggerUi, { routePrefix: "/swagger" });
  server.get("/openapi.json", { schema: { hide: true } }, () => server.swagger());
  return server;
}

/** Refuses a request without a tenant before anything else of it is read. */
export async function requireTenant(request: FastifyRequest): Promise<void> {
  const given = request.headers["x-tenant-id"];
  if (given === undefined || given === "")
    throw new ServiceError("tenant_required", "The header X-Tenant-Id is missing: send the tenant's number.");
  if (!/^[1-9]\d{0,15}$/.test(String(given)) || !Number.isSafeInteger(Number(given)))
    throw new ServiceError(
      "tenant_invalid",
      `X-Tenant-Id must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}.`,
    );
}

/** Of a request that {@link requireTenant} let in. */
export function tenantOf(request: FastifyRequest): number {
  return Number(request.headers["x-tenant-id"]);
}

function observe(server: FastifyInstance, metrics: Registry): void {
  collectDefaultMetrics({ register: metrics });
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "From the first byte of a request to the last of its answer",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    registers: [metrics],
  });
  server.addHook("onResponse", async (request, reply) => {
    // By route pattern, never by path: ids would multiply it.
    const route = request.routeOptions.url ?? "none";
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    if (QUIET.has(route)) return;
    request.log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 100) / 100,
      },
      "request",
    );
  });
  server.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

function sendError(reply: FastifyReply, { status, code, message }: ServiceError): FastifyReply {
  if (status === 503) reply.header("retry-after", "1");
  const envelope = { error: { code, message, correlation_id: reply.request.id } };
  return reply.code(status).type("application/json; charset=utf-8").serializer(JSON.stringify).send(envelope);
}
