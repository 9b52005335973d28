import { describeCaught, isInstance, readField } from "@plinth/local/caught-value.ts";
import { UserError } from "@plinth/local/user-error.ts";

/** No server answered at the address before the deadline: it may still start, or it is gone. */
export class UnreachableError extends UserError {}

/** The cluster has no Service of the server's name: what was in the server is gone with it. */
export class MissingServiceError extends UserError {}

/** The server did not answer within the request's time. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  /** `isLostConnection` knows it. */
  readonly code = "ETIMEDOUT";
}

/** A cause may lead back to its error. */
const MAX_CAUSES = 10;

/**
 * Node's code of a system error, or PostgreSQL's SQLSTATE. Looks into causes and aggregates;
 * undefined where none of them has a code.
 */
export function errorCode(error: unknown, depth = MAX_CAUSES): string | undefined {
  if (depth === 0 || typeof error !== "object" || error === null) return undefined;
  const [code, cause, errors] = ["code", "cause", "errors"].map((name) => readField(error, name));
  if (typeof code === "string") return code;
  return errorCode(cause, depth - 1) ?? errorCode(readField(errors, "0"), depth - 1);
}

/**
 * What went wrong, in a few words. An aggregate (localhost tried as IPv6 and IPv4) has an empty
 * message, so its first error speaks for it.
 */
export function errorReason(error: unknown, depth = MAX_CAUSES): string {
  const reason = describeCaught(error);
  const [first, cause] = [readField(readField(error, "errors"), "0"), readField(error, "cause")];
  if (depth > 0 && isInstance(error, AggregateError) && first !== undefined) return errorReason(first, depth - 1);
  if (depth > 0 && reason === "fetch failed" && cause !== undefined) return errorReason(cause, depth - 1);
  return reason;
}

const LOST_CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "UND_ERR_SOCKET",
]);

/** True if the connection failed or broke. Worth another try: the server may still be starting. */
export const isLostConnection = (error: unknown): boolean => LOST_CONNECTION_CODES.has(errorCode(error) ?? "");

/** Messages of client libraries, which have no code for a server that says nothing. */
const SILENCE = /timed out|timeout expired|connection timeout|ETIMEDOUT/i;

/** True if the server said nothing in time: every other error says more about the cause. */
export const isSilence = (error: unknown): boolean =>
  errorCode(error) === "ETIMEDOUT" || SILENCE.test(describeCaught(error));

/**
 * Removes the password, and the parameters, which may hold one:
 * `postgresql://app:secret@db:5432/app?x=y` → `postgresql://app@db:5432/app`.
 */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return "(not a URL)";
  const parsed = new URL(url);
  parsed.password = "";
  parsed.search = "";
  return parsed.href;
}
