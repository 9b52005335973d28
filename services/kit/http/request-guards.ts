import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { kitError, type ServiceError, toErrorEnvelope, toServiceError } from "../core/errors.ts";
import { nodeHttp } from "../core/node-http.ts";
import type { HttpServer } from "./fastify.ts";
import { assertExactJson } from "./json-guards.ts";

/** Node's error for a connection whose request it could not read. */
interface ClientError extends Error {
  code?: string;
}

/**
 * Fastify's `clientErrorHandler`. Answers an unreadable request in the error envelope too, and
 * closes its connection.
 */
export function rejectUnreadableRequest(error: ClientError, socket: Socket): void {
  if (error.code !== "ECONNRESET" && socket.writable) {
    const refusal = toClientServiceError(error);
    const body = JSON.stringify(toErrorEnvelope(refusal, randomUUID()));
    const headers = { ...errorHeaders(body), connection: "close" };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const statusLine = `HTTP/1.1 ${refusal.status} ${nodeHttp.STATUS_CODES[refusal.status]}\r\n`;
    socket.write(`${statusLine}${lines.join("")}\r\n${body}`);
  }
  socket.destroy();
}

/**
 * Fastify's `frameworkErrors`. Answers a path that the router cannot look up. Hooks do not run for
 * it, because they belong to routes.
 */
export function rejectUnroutablePath(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toServiceError(error);
  const body = JSON.stringify(toErrorEnvelope(refusal, request.id));
  reply.raw.writeHead(refusal.status, { ...errorHeaders(body), "x-correlation-id": request.id }).end(body);
}

/** Refuses text that the database cannot store before any handler runs. */
export function addStorableTextGuards(server: HttpServer): void {
  server.addHook("onRequest", (request, _reply, done) => {
    assertStorablePath(request.url);
    done();
  });
  // fastify's only other built-in body type. A form of any page could send it without a CORS check.
  server.removeContentTypeParser("text/plain");
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes, done) => {
    const { "content-encoding": encoding = "identity" } = request.headers;
    if (encoding !== "identity")
      return done(kitError("unsupported_media_type", "Send the body as it is, without Content-Encoding."));
    // Decoding would silently replace other bytes by U+FFFD. Source: RFC 8259, 8.1.
    if (!isUtf8(bytes as Buffer))
      return done(kitError("invalid_request", "The request is not valid: its body must be UTF-8."));
    const body = bytes.toString();
    parse(request, body, (error, value) => {
      if (error) return done(error);
      try {
        assertStorableBody(body, value);
        assertExactJson(body, value);
      } catch (refusal) {
        return done(refusal as Error);
      }
      done(null, value);
    });
  });
}

/**
 * Throws `invalid_request` for a text that a database cannot store unchanged: one with NUL or with
 * half of a surrogate pair. JSON can only write them as escapes, so a body without escapes costs
 * one search.
 */
export function assertStorableBody(json: string, value: unknown): void {
  if (!json.includes("\\u")) return;
  // A loop rather than recursion: a body may be nested as deeply as it is long.
  for (const pending: [path: string, value: unknown][] = [["body", value]]; pending.length > 0; ) {
    const [path, current] = pending.pop()!;
    if (typeof current === "string" && !isStorableText(current)) throw unstorableTextError(path);
    if (typeof current !== "object" || current === null) continue;
    for (const [name, inner] of Object.entries(current)) {
      if (!isStorableText(name)) throw unstorableTextError(path);
      pending.push([`${path}/${name}`, inner]);
    }
  }
}

/**
 * Checks a path and its query likewise. NUL is `%00` there, and half a surrogate pair cannot be
 * written.
 */
export function assertStorablePath(url: string): void {
  if (url.includes("%00")) throw unstorableTextError("path");
}

const isStorableText = (text: string) => !text.includes("\0") && text.isWellFormed();

function unstorableTextError(path: string): ServiceError {
  const message = "must hold neither NUL nor half of a surrogate pair";
  return kitError("invalid_request", `The request is not valid: ${path} ${message}.`, { details: [{ path, message }] });
}

function toClientServiceError({ code }: ClientError): ServiceError {
  if (code === "HPE_HEADER_OVERFLOW")
    return kitError("headers_too_large", "The request's headers are larger than this service accepts.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return kitError("request_timeout", "The request did not arrive in time.");
  return kitError("invalid_request", "The HTTP request could not be read.");
}

function errorHeaders(body: string) {
  return { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) };
}
