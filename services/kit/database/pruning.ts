import type pg from "pg";
import type { Logger } from "../core/logger.ts";
import type { Database, DatabaseConnection } from "./database.ts";

export interface RetentionPolicy {
  table: string;
  /** The time at which a row was written. */
  column: string;
  /** Days for which a row is kept. */
  days: number;
}

const PRUNE_INTERVAL_MS = 3_600_000;

/**
 * Far more than a request's statement gets: an hour at high load leaves millions of rows, and a
 * service that was away has days of them.
 */
const STATEMENT_TIMEOUT_MS = 300_000;

/**
 * Deletes, once an hour and across tenants, old rows that only guard against repetition. The
 * tables' policies must open them to `app.scope = 'system'`. Returns a function that stops it and
 * aborts deletions under way.
 */
export function pruneHourly(
  database: Database,
  logger: Logger,
  tables: readonly RetentionPolicy[],
): () => Promise<void> {
  const ended = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = Promise.all(tables.map((table) => pruneTable(database, logger, table, ended.signal)));
  }, PRUNE_INTERVAL_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    ended.abort();
    await running;
  };
}

/**
 * Prunes one table now. An aborted `signal` rolls it back: a stopping service cannot wait minutes.
 */
export async function pruneTable(
  database: Database,
  logger: Logger,
  { table, column, days }: RetentionPolicy,
  signal: AbortSignal,
): Promise<void> {
  const text = `delete from ${table} where ${column} < now() - interval '${days} days'`;
  // pg has its own limit, which @types/pg does not declare for a query.
  const deletion: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: STATEMENT_TIMEOUT_MS + 1000 };
  let connection: DatabaseConnection | undefined;
  const close = () => connection?.close();
  try {
    // Not a connection of the pool, which requests would miss for minutes.
    connection = await database.connect();
    signal.addEventListener("abort", close);
    signal.throwIfAborted();
    const { rowCount } = await connection.withSystem((transaction) => {
      transaction.query({ text: `set local statement_timeout = ${STATEMENT_TIMEOUT_MS}` });
      // Otherwise the server notices a closed connection only at the end of the statement.
      transaction.query({ text: "set local client_connection_check_interval = 500" });
      return transaction.query(deletion);
    });
    logger.debug({ table, rows: rowCount }, "old rows pruned");
  } catch (error) {
    if (signal.aborted) logger.info({ table }, "pruning stopped with the service");
    else logger.warn({ err: error, table }, "old rows could not be pruned; the next attempt is in an hour");
  } finally {
    signal.removeEventListener("abort", close);
    await close();
  }
}
