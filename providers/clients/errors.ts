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

/**
 * Node's code of a system error, or PostgreSQL's SQLSTATE. Looks into causes and aggregates;
 * undefined where none of them has a code.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === "string") return code;
  return errorCode(cause) ?? (errors === undefined ? undefined : errorCode(errors[0]));
}

/**
 * What went wrong, in a few words. An aggregate (localhost tried as IPv6 and IPv4) has an empty
 * message, so its first error speaks for it.
 */
export function errorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return errorReason(error.errors[0]);
  if (error.message === "fetch failed" && error.cause !== undefined) return errorReason(error.cause);
  return error.message;
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
  errorCode(error) === "ETIMEDOUT" || (error instanceof Error && SILENCE.test(error.message));

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
