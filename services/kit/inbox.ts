import type { Database, Transaction } from "./database.ts";
import type { Logger } from "./logger.ts";

/**
 * Days for which an event is remembered: one more than the longest a topic keeps its records, so that even a group that starts again from the
 * beginning applies nothing twice.
 */
const KEPT_DAYS = 31;
const PRUNE_MS = 3_600_000;

/**
 * Remembers events as applied by `consumer`, in the transaction that applies them: both are committed, or neither is.
 * Returns the ids that were not remembered before; only those may be applied.
 */
export async function claim(
  transaction: Transaction,
  tenantId: number,
  consumer: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  // Sorted, so that two consumers of the same events wait for each other instead of locking each other out.
  const values = [...new Set(eventIds)].sort();
  const rows = values.map((_, index) => `($1, $2, $${index + 3})`);
  const { rows: added } = await transaction.query<{ event_id: string }>({
    text: `insert into inbox (tenant_id, consumer, event_id) values ${rows.join(", ")} on conflict do nothing returning event_id`,
    values: [tenantId, consumer, ...values],
  });
  return new Set(added.map(({ event_id }) => event_id));
}

/** Forgets, once an hour, events that no topic holds any more. Returns a function that ends it. */
export function pruneInbox(database: Database, logger: Logger): () => void {
  const prune = () =>
    database
      .withSystem((transaction) =>
        transaction.query({ text: `delete from inbox where received_at < now() - interval '${KEPT_DAYS} days'` }),
      )
      .then(
        ({ rowCount }) => logger.debug({ rows: rowCount }, "inbox pruned"),
        (error: unknown) => logger.warn({ err: error }, "inbox could not be pruned; tried again in an hour"),
      );
  const timer = setInterval(prune, PRUNE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
