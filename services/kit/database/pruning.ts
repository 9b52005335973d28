import type pg from "pg";
import type { Logger } from "../core/logger.ts";
import type { Database, DatabaseConnection } from "./database.ts";

export interface RetentionPolicy {
  table: string;
  /** When a row was written. */
  column: string;
  /** How long a row is kept. */
  days: number;
}

const PRUNE_INTERVAL_MS = 3_600_000;

/**
 * An hour's rows are millions at high load, and those of a day when the service was away: no
 * statement of a request takes so long.
 */
const STATEMENT_TIMEOUT_MS = 300_000;

/**
 * Forgets, once an hour and across tenants, rows that only guard against repetition and are older
 * than any repetition can be. The tables' policies must open them to `app.scope = 'system'`.
 * Returns a function that ends it, and what is under way of it.
 */
export function pruneHourly(
  database: Database,
  logger: Logger,
  tables: readonly RetentionPolicy[],
): () => Promise<void> {
  const ended = new AbortController();
  let under: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    under = Promise.all(tables.map((table) => pruneTable(database, logger, table, ended.signal)));
  }, PRUNE_INTERVAL_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    ended.abort();
    await under;
  };
}

/**
 * Of one table, now; given up, and undone, when `signal` ends: a service that stops has no minutes
 * for it.
 */
export async function pruneTable(
  database: Database,
  logger: Logger,
  { table, column, days }: RetentionPolicy,
  signal: AbortSignal,
): Promise<void> {
  const text = `delete from ${table} where ${column} < now() - interval '${days} days'`;
  // Of the driver, which has a limit of its own; its types do not name it.
  const patient: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: STATEMENT_TIMEOUT_MS + 1000 };
  let connection: DatabaseConnection | undefined;
  const close = () => connection?.close();
  try {
    // Not one of the requests', which it would hold for minutes.
    connection = await database.connect();
    signal.addEventListener("abort", close);
    signal.throwIfAborted();
    const { rowCount } = await connection.withSystem((transaction) => {
      transaction.query({ text: `set local statement_timeout = ${STATEMENT_TIMEOUT_MS}` });
      // The server would notice only at the end of the statement that nobody waits for it any more.
      transaction.query({ text: "set local client_connection_check_interval = 500" });
      return transaction.query(patient);
    });
    logger.debug({ table, rows: rowCount }, "old rows pruned");
  } catch (error) {
    if (signal.aborted) logger.info({ table }, "pruning was given up to stop");
    else logger.warn({ err: error, table }, "old rows could not be pruned; tried again in an hour");
  } finally {
    signal.removeEventListener("abort", close);
    await close();
  }
}
