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

/**
 * Forgets, once an hour and across tenants, rows that only guard against repetition and are older than any repetition can be. The tables'
 * policies must open them to `app.scope = 'system'`. Returns a function that ends it.
 */
export function pruneHourly(database: Database, logger: Logger, tables: readonly Pruned[]): () => void {
  const prune = async ({ table, column, days }: Pruned) => {
    const text = `delete from ${table} where ${column} < now() - interval '${days} days'`;
    try {
      const { rowCount } = await database.withSystem((transaction) => transaction.query({ text }));
      logger.debug({ table, rows: rowCount }, "old rows pruned");
    } catch (error) {
      logger.warn({ err: error, table }, "old rows could not be pruned; tried again in an hour");
    }
  };
  const timer = setInterval(() => void Promise.all(tables.map(prune)), PRUNE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
