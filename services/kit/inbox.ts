import type { Transaction } from "./database.ts";

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
