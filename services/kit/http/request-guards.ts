import { isUtf8 } from "node:buffer";
import { kitError, type ServiceError } from "../core/errors.ts";
import { assertExactJson } from "../core/exact-json.ts";
import type { HttpServer } from "./fastify.ts";

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
    // A client may name a type and send nothing: a route that needs a body says so by its schema.
    if (bytes.length === 0) return done(null, undefined);
    const body = bytes.toString();
    parse(request, body, (error, value) => {
      if (error) return done(malformedJson(error));
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

function malformedJson(cause: Error): ServiceError {
  return kitError("invalid_request", "The request could not be read: its body must be well-formed JSON.", { cause });
}

const isStorableText = (text: string) => !text.includes("\0") && text.isWellFormed();

function unstorableTextError(path: string): ServiceError {
  const message = "must hold neither NUL nor half of a surrogate pair";
  return kitError("invalid_request", `The request is not valid: ${path} ${message}.`, { details: [{ path, message }] });
}
