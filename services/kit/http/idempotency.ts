import type { FastifyReply } from "fastify";
import { kitError } from "../core/errors.ts";
import type { IdempotentResult } from "../database/idempotency.ts";
import type { HttpServer } from "./fastify.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The header `Idempotency-Key` of a request that changes something; undefined without it. */
    idempotencyKey: string | undefined;
  }
}

/** Tells the client that an answer is the one to an earlier request with the same key. */
export const REPLAYED_HEADER = "idempotent-replayed";
/** Methods that change something. */
export const MUTATING_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);
export const MAX_KEY_CHARS = 200;

/** A structured field's string. Source: RFC 9651, 3.3.3. */
const QUOTED_KEY = /^"(?:[ !#-[\]-~]|\\["\\])*"$/;
const KEY = new RegExp(`^[!-~]([ -~]{0,${MAX_KEY_CHARS - 2}}[!-~])?$`);

/**
 * Reads `Idempotency-Key` on the mutating routes that are added to `scope` from now on. A key may
 * be quoted, as the IETF's draft writes it, or bare: both are the same key.
 */
export function readIdempotencyKeys(scope: HttpServer): void {
  scope.decorateRequest("idempotencyKey", undefined);
  scope.addHook("onRoute", (route) => {
    if (![route.method].flat().some((method) => MUTATING_METHODS.has(method))) return;
    route.preValidation = [
      (request, _reply, done) => {
        const given = request.headers["idempotency-key"];
        if (given === undefined) return done();
        const key = parseKey(request.raw.headersDistinct["idempotency-key"]);
        if (key === undefined) return done(invalidKeyError());
        request.idempotencyKey = key;
        done();
      },
      ...[route.preValidation ?? []].flat(),
    ];
  });
}

/** Returns undefined for a key that is empty, too long, sent twice or not of visible ASCII. */
function parseKey(values: readonly string[] | undefined): string | undefined {
  const [given, ...others] = values ?? [];
  if (given === undefined || others.length > 0) return undefined;
  const key = QUOTED_KEY.test(given) ? given.slice(1, -1).replace(/\\(.)/g, "$1") : given;
  return KEY.test(key) ? key : undefined;
}

function invalidKeyError(): Error {
  const message = `must be 1 to ${MAX_KEY_CHARS} visible ASCII characters, sent once`;
  return kitError("invalid_request", `The request is not valid: headers/idempotency-key ${message}.`, {
    details: [{ path: "headers/idempotency-key", message }],
  });
}

/** Returns the result to send, and tells the client if it is an earlier request's. */
export function markReplayed<T>(reply: FastifyReply, { result, replayed }: IdempotentResult<T>): T {
  if (replayed) reply.header(REPLAYED_HEADER, "true");
  return result;
}
