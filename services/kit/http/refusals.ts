import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { readText } from "../core/caught-value.ts";
import { kitError, type ServiceError, toErrorEnvelope } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { nodeHttp } from "../core/node-http.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { toHttpError } from "./fastify-errors.ts";
import { methodLabel, NO_ROUTE, OTHER_METHOD } from "./labels.ts";
import { pendingReplyOf } from "./pending-reply.ts";

/** Answers to requests that reach no route, so that no hook logs or counts them. */
export interface Refusals {
  /** Fastify's `clientErrorHandler`: answers an unreadable request and closes its connection. */
  refuseUnreadable(error: Error, socket: Socket): void;
  /** Fastify's `frameworkErrors`: answers a path that the router cannot look up. */
  refuseUnroutable(error: Error, request: FastifyRequest, reply: FastifyReply): void;
  /** Answers CONNECT, for which Node would close the connection without a word. */
  refuseTunnel(socket: Socket): void;
}

/** They are in the error envelope, the log and the metrics, as every other answer is. */
export function createRefusals(logger: Logger, metrics: Metrics): Refusals {
  const requests = metrics.counter(kitMetrics.http_requests_total);

  function record({ status }: ServiceError, method: string, id: string, reason: string): void {
    requests.labels(method, NO_ROUTE, String(status)).inc();
    logger.info({ correlation_id: id, method, route: NO_ROUTE, status, reason }, "request refused");
  }

  function refuseOnSocket(refusal: ServiceError, socket: Socket, reason: string): void {
    const answer = () => {
      if (!socket.writable) return socket.destroy();
      const id = randomUUID();
      record(refusal, OTHER_METHOD, id, reason);
      const body = JSON.stringify(toErrorEnvelope(refusal, id));
      const headers = { ...errorHeaders(body, id), connection: "close" };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const statusLine = `HTTP/1.1 ${refusal.status} ${nodeHttp.STATUS_CODES[refusal.status]}\r\n`;
      socket.write(`${statusLine}${lines.join("")}\r\n${body}`);
      return socket.destroy();
    };
    const pending = pendingReplyOf(socket);
    if (!pending) answer();
    // An earlier request: its client would take this for the answer to that one.
    else if (pending.request.raw.complete) pending.raw.once("close", answer);
    // The body of a request that was answered by its head: one answer is enough.
    else if (pending.raw.headersSent) pending.raw.once("close", () => socket.destroy());
    else answer();
  }

  return {
    refuseUnreadable(error, socket) {
      const code = readText(error, "code") ?? "unknown";
      if (code === "ECONNRESET") return void socket.destroy();
      refuseOnSocket(toClientServiceError(code), socket, code);
    },
    refuseUnroutable(error, request, reply) {
      const refusal = toHttpError(error);
      record(refusal, methodLabel(request.method), request.id, readText(error, "code") ?? "unknown");
      const body = JSON.stringify(toErrorEnvelope(refusal, request.id));
      reply.raw.writeHead(refusal.status, errorHeaders(body, request.id)).end(body);
    },
    refuseTunnel(socket) {
      refuseOnSocket(kitError("invalid_request", "This service is no proxy."), socket, "CONNECT");
    },
  };
}

function toClientServiceError(code: string): ServiceError {
  if (code === "HPE_HEADER_OVERFLOW")
    return kitError("headers_too_large", "The request's headers are larger than this service accepts.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return kitError("request_timeout", "The request did not arrive in time.");
  return kitError("invalid_request", "The HTTP request could not be read.");
}

function errorHeaders(body: string, id: string) {
  return {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "x-correlation-id": id,
  };
}
