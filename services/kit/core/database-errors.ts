import { kitError, ServiceError } from "./errors.ts";

/**
 * SQLSTATE of a transaction that certainly did nothing and may run again: serialization failure,
 * deadlock.
 */
const SERIALIZATION_FAILURES = new Set(["40001", "40P01"]);
/** Waited too long for a lock; the statement took too long. */
const TIMEOUTS = new Set(["55P03", "57014"]);
/**
 * The server is starting, stopping, full, has dropped the connection, does not know this role or
 * database (yet), cannot read its disk, or takes no writes: a connection that outlived a failover
 * leads to what is now a copy.
 */
const UNAVAILABLE = /^(08|28|53|57P|58|25006|25P03|25P04|3D000)/;
const NETWORK_ERRORS = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
const DRIVER_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|Query read timeout|Connection ended/;

/**
 * A schema, table, column, type, function, or the unique index of an `on conflict`, is not there.
 */
const UNDEFINED_OBJECTS = new Set(["3F000", "42P01", "42703", "42704", "42883", "42P10"]);

/** SQLSTATE, or the system's name for a network fault. */
export function sqlState(error: unknown): string {
  const { code } = (typeof error === "object" && error !== null ? error : {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/**
 * True for a fault that passes by itself: the server is away, busy or has chosen this transaction
 * as a deadlock's victim.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof ServiceError) return error.status === 503;
  return isConnectionError(error) || isSerializationFailure(error) || TIMEOUTS.has(sqlState(error));
}

/**
 * The tables are not as this service expects them, or not open to it: its migration has not run
 * yet, has been taken back or has gone too far, a backup of an earlier day was restored, a grant is
 * gone. That is nothing about the event at hand: every other one fails of it too, and as dead
 * letters all of a topic's payments would have to be sorted back in by hand. Waiting loses nothing
 * and keeps their order, and ends by itself with the migration or the grant. Rows that a policy of
 * row-level security refuses have the same SQLSTATE as a missing grant; those are not meant: what
 * one event wants to write for another tenant is no better tomorrow.
 */
export function isSchemaMismatch(error: unknown): boolean {
  const code = sqlState(error);
  return (
    UNDEFINED_OBJECTS.has(code) || (code === "42501" && (error as { routine?: string }).routine === "aclcheck_error")
  );
}

export function isSerializationFailure(error: unknown): boolean {
  return SERIALIZATION_FAILURES.has(sqlState(error));
}

/** The connection cannot be used any more, or there is none: another one may do. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = sqlState(error);
  return (
    UNAVAILABLE.test(code) ||
    NETWORK_ERRORS.has(code) ||
    DRIVER_MESSAGES.test(error.message) ||
    isStalePreparedStatement(error, code)
  );
}

/**
 * A migration changed what a statement returns that this connection has prepared; it would fail
 * there for ever.
 */
function isStalePreparedStatement(error: Error, code: string): boolean {
  return code === "0A000" && (error as { routine?: string }).routine === "RevalidateCachedQuery";
}

/** What whoever asked for a transaction is told. */
export function toCallerError(error: unknown): unknown {
  if (error instanceof ServiceError) return error;
  if (isConnectionError(error))
    return kitError("unavailable", "The database cannot be reached; try again.", { cause: error });
  if (isTransient(error)) return kitError("timeout", "The database was too busy; try again.", { cause: error });
  return error;
}

export type DatabaseErrorClass =
  | "unavailable"
  | "conflict"
  | "timeout"
  | "constraint"
  | "data"
  | "permission"
  | "statement"
  | "other";

/** First two characters of SQLSTATE. Source: PostgreSQL's appendix A. */
const ERROR_CLASSES: Record<string, DatabaseErrorClass> = {
  "22": "data",
  "23": "constraint",
  "40": "conflict",
  "42": "statement",
};

/**
 * The class to count an error under; undefined when it is none of the database's: a refusal by the
 * service, or its own defect.
 */
export function classifyDatabaseError(error: unknown): DatabaseErrorClass | undefined {
  if (error instanceof ServiceError) return error.status === 503 ? classifyDatabaseError(error.cause) : undefined;
  const state = sqlState(error);
  if (isConnectionError(error)) return "unavailable";
  if (TIMEOUTS.has(state)) return "timeout";
  if (state === "42501") return "permission";
  return ERROR_CLASSES[state.slice(0, 2)] ?? (/^[0-9A-Z]{5}$/.test(state) ? "other" : undefined);
}
