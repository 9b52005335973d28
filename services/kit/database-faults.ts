import { kitError, ServiceError } from "./errors.ts";

/** SQLSTATE of a transaction that certainly did nothing and may run again: serialization failure, deadlock. */
const ROLLED_BACK = new Set(["40001", "40P01"]);
/** Waited too long for a lock; the statement took too long. */
const TOO_SLOW = new Set(["55P03", "57014"]);
/**
 * The server is starting, stopping, full, has dropped the connection, does not know this role or database (yet), cannot read its disk, or takes no
 * writes: a connection that outlived a failover leads to what is now a copy.
 */
const UNAVAILABLE = /^(08|28|53|57P|58|25006|25P03|25P04|3D000)/;
const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const DRIVER = /Connection terminated|timeout exceeded when trying to connect|not queryable|Query read timeout|Connection ended/;

/** A schema, table, column, type, function, or the unique index of an `on conflict`, is not there. */
const MISSING = new Set(["3F000", "42P01", "42703", "42704", "42883", "42P10"]);

/** SQLSTATE, or the system's name for a network fault. */
export function sqlState(error: unknown): string {
  const { code } = (typeof error === "object" && error !== null ? error : {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** True for a fault that passes by itself: the server is away, busy or has chosen this transaction as a deadlock's victim. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ServiceError) return error.status === 503;
  return isConnectionFault(error) || isRolledBack(error) || TOO_SLOW.has(sqlState(error));
}

/**
 * The tables are not as this service expects them, or not open to it: its migration has not run yet, has been taken back or has gone too far, a
 * backup of an earlier day was restored, a grant is gone. That is nothing about the event at hand: every other one fails of it too, and as dead
 * letters all of a topic's payments would have to be sorted back in by hand. Waiting loses nothing and keeps their order, and ends by itself with
 * the migration or the grant. Rows that a policy of row-level security refuses have the same SQLSTATE as a missing grant; those are not meant: what
 * one event wants to write for another tenant is no better tomorrow.
 */
export function isUnmigrated(error: unknown): boolean {
  const code = sqlState(error);
  return MISSING.has(code) || (code === "42501" && (error as { routine?: string }).routine === "aclcheck_error");
}

export function isRolledBack(error: unknown): boolean {
  return ROLLED_BACK.has(sqlState(error));
}

/** The connection cannot be used any more, or there is none: another one may do. */
export function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = sqlState(error);
  return UNAVAILABLE.test(code) || NETWORK.has(code) || DRIVER.test(error.message) || isOutdated(error, code);
}

/** A migration changed what a statement returns that this connection has prepared; it would fail there for ever. */
function isOutdated(error: Error, code: string): boolean {
  return code === "0A000" && (error as { routine?: string }).routine === "RevalidateCachedQuery";
}

/** What whoever asked for a transaction is told. */
export function forCaller(error: unknown): unknown {
  if (error instanceof ServiceError) return error;
  if (isConnectionFault(error)) return kitError("unavailable", "The database cannot be reached; try again.", { cause: error });
  if (isTransient(error)) return kitError("timeout", "The database was too busy; try again.", { cause: error });
  return error;
}

export type FaultClass = "unavailable" | "conflict" | "timeout" | "constraint" | "data" | "permission" | "statement" | "other";

/** First two characters of SQLSTATE. Source: PostgreSQL's appendix A. */
const CLASSES: Record<string, FaultClass> = { "22": "data", "23": "constraint", "40": "conflict", "42": "statement" };

/** The class to count an error under; undefined when it is none of the database's: a refusal by the service, or its own defect. */
export function classOf(error: unknown): FaultClass | undefined {
  if (error instanceof ServiceError) return error.status === 503 ? classOf(error.cause) : undefined;
  const state = sqlState(error);
  if (isConnectionFault(error)) return "unavailable";
  if (TOO_SLOW.has(state)) return "timeout";
  if (state === "42501") return "permission";
  return CLASSES[state.slice(0, 2)] ?? (/^[0-9A-Z]{5}$/.test(state) ? "other" : undefined);
}
