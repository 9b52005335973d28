import type pg from "pg";
import type { Database } from "./database.ts";
import type { Logger } from "./logger.ts";

export interface Pruned {
  table: string;
  /** When a row was written. */
  column: string;
  /** How long a row is kept. */
  days: number;
}

const PRUNE_MS = 3_600_000;

/** An hour's rows are millions at high load, and those of a day when the service was away: no statement of a request takes so long. */
const MOST_MS = 300_000;

/**
 * Forgets, once an hour and across tenants, rows that only guard against repetition and are older than any repetition can be. The tables'
 * policies must open them to `app.scope = 'system'`. Returns a function that ends it.
 */
export function pruneHourly(database: Database, logger: Logger, tables: readonly Pruned[]): () => void {
  const timer = setInterval(() => void Promise.all(tables.map((table) => prune(database, logger, table))), PRUNE_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Of one table, now. */
export async function prune(database: Database, logger: Logger, { table, column, days }: Pruned): Promise<void> {
  const text = `delete from ${table} where ${column} < now() - interval '${days} days'`;
  // Of the driver, which has a limit of its own; its types do not name it.
  const patient: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: MOST_MS + 1000 };
  try {
    const { rowCount } = await database.withSystem((transaction) => {
      transaction.query({ text: `set local statement_timeout = ${MOST_MS}` });
      return transaction.query(patient);
    });
    logger.debug({ table, rows: rowCount }, "old rows pruned");
  } catch (error) {
    logger.warn({ err: error, table }, "old rows could not be pruned; tried again in an hour");
  }
}
