import { isInstance, readField, readText } from "./caught-value.ts";
import { kitError, ServiceError } from "./errors.ts";

/**
 * SQLSTATE of a transaction that certainly changed nothing and may run again: serialization failure
 * and deadlock.
 */
const SERIALIZATION_FAILURES = new Set(["40001", "40P01"]);
/** Lock timeout and statement timeout. */
const TIMEOUTS = new Set(["55P03", "57014"]);
/**
 * The server is starting, stopping or full, dropped the connection, cannot read its disk, does not
 * know the role or database yet, or takes no writes. A connection that outlived a failover leads to
 * a server that has become a replica.
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
 * A schema, table, column, type or function is missing, or the unique index of an `on conflict`.
 */
const UNDEFINED_OBJECTS = new Set(["3F000", "42P01", "42703", "42704", "42883", "42P10"]);

export const CHECK_VIOLATION = "23514";

/** SQLSTATE, the system's name of a network fault, or an empty text. */
export function sqlState(error: unknown): string {
  return readText(error, "code") ?? "";
}

/**
 * True for a fault that passes without intervention: the server is away or busy, or it chose this
 * transaction as a deadlock's victim.
 */
export function isTransient(error: unknown): boolean {
  if (isInstance(error, ServiceError)) return error.status === 503;
  return isConnectionError(error) || isSerializationFailure(error) || TIMEOUTS.has(sqlState(error));
}

/**
 * True if the tables differ from what this service expects, or it may not use them: a migration has
 * not run, was rolled back or went too far, an older backup was restored, or a grant is missing.
 *
 * Every event fails then, not one in particular. As dead letters, all events of a topic would have
 * to be put back by hand, so consumers wait instead: that loses nothing, keeps the order and ends
 * with the migration or the grant. A row that row-level security refuses has the SQLSTATE of a
 * missing grant but does not count: an event that writes for another tenant never succeeds.
 */
export function isSchemaMismatch(error: unknown): boolean {
  const code = sqlState(error);
  return UNDEFINED_OBJECTS.has(code) || (code === "42501" && readField(error, "routine") === "aclcheck_error");
}

export function isSerializationFailure(error: unknown): boolean {
  return SERIALIZATION_FAILURES.has(sqlState(error));
}

/** True if the connection is missing or broken; another one may work. */
export function isConnectionError(error: unknown): boolean {
  if (!isInstance(error, Error)) return false;
  const code = sqlState(error);
  return (
    UNAVAILABLE.test(code) ||
    NETWORK_ERRORS.has(code) ||
    DRIVER_MESSAGES.test(readText(error, "message") ?? "") ||
    isStalePreparedStatement(error, code)
  );
}

/**
 * A migration changed the columns of a statement that this connection has prepared. The statement
 * fails on this connection for good.
 */
function isStalePreparedStatement(error: Error, code: string): boolean {
  return code === "0A000" && readField(error, "routine") === "RevalidateCachedQuery";
}

/** The error that the caller of a transaction gets. */
export function toCallerError(error: unknown): unknown {
  if (isInstance(error, ServiceError)) return error;
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
 * The class under which metrics count an error; undefined if the database did not cause it, as for
 * a request that the service refused or a defect of the service.
 */
export function classifyDatabaseError(error: unknown): DatabaseErrorClass | undefined {
  if (isInstance(error, ServiceError)) {
    const { cause, status } = error;
    return status === 503 && !isInstance(cause, ServiceError) ? classifyDatabaseError(cause) : undefined;
  }
  const state = sqlState(error);
  if (isConnectionError(error)) return "unavailable";
  if (TIMEOUTS.has(state)) return "timeout";
  if (state === "42501") return "permission";
  return ERROR_CLASSES[state.slice(0, 2)] ?? (/^[0-9A-Z]{5}$/.test(state) ? "other" : undefined);
}
