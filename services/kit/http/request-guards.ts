import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { kitError, type ServiceError, toErrorEnvelope, toServiceError } from "../core/errors.ts";
import { nodeHttp } from "../core/node-http.ts";
import type { HttpServer } from "./fastify.ts";

/** What node reports of a connection whose request it could not read. */
interface ClientError extends Error {
  code?: string;
}

/**
 * For fastify's `clientErrorHandler`: what never became a request is refused in the envelope too,
 * and its connection ended.
 */
export function rejectUnreadableRequest(error: ClientError, socket: Socket): void {
  if (error.code !== "ECONNRESET" && socket.writable) {
    const refusal = toClientServiceError(error);
    const body = JSON.stringify(toErrorEnvelope(refusal, randomUUID()));
    const head = Object.entries(errorHeaders(body)).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `HTTP/1.1 ${refusal.status} ${nodeHttp.STATUS_CODES[refusal.status]}\r\n${head.join("")}connection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy();
}

/**
 * For fastify's `frameworkErrors`: a path that no router could look up. Past the hooks: those are
 * of a route.
 */
export function rejectUnroutablePath(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toServiceError(error);
  const body = JSON.stringify(toErrorEnvelope(refusal, request.id));
  reply.raw.writeHead(refusal.status, { ...errorHeaders(body), "x-correlation-id": request.id }).end(body);
}

/** Before any handler, so that none has to think of it. */
export function addStorableTextGuards(server: HttpServer): void {
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
 * Throws `invalid_request` for a text that no database keeps as it is: one with NUL, or with half
 * of a surrogate pair. In JSON either can only be written as an escape, so a body without any costs
 * one search.
 */
export function assertStorableBody(json: string, value: unknown): void {
  if (!json.includes("\\u")) return;
  // Not by recursion: a body may be nested as deeply as it is long.
  for (const rest: [path: string, value: unknown][] = [["body", value]]; rest.length > 0; ) {
    const [path, one] = rest.pop()!;
    if (typeof one === "string" && !isStorableText(one)) throw unstorableTextError(path);
    if (typeof one !== "object" || one === null) continue;
    for (const [name, inner] of Object.entries(one)) {
      if (!isStorableText(name)) throw unstorableTextError(path);
      rest.push([`${path}/${name}`, inner]);
    }
  }
}

/**
 * The same of a path and its query, where NUL is written `%00`; halves of pairs cannot be written
 * there.
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
  return kitError("invalid_request", "This is no HTTP request that could be read.");
}

function errorHeaders(body: string) {
  return { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) };
}
