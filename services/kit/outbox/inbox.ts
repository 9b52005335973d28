import type { Transaction } from "../database/database.ts";

/**
 * Remembers events as applied by `consumer`, in the transaction that applies them: both are
 * committed, or neither is. Returns the ids that were not remembered before, as they are given;
 * only those may be applied. Ids of one event that are written in several ways, in capitals or
 * without hyphens, are one: only the first of them is returned.
 */
export async function claimEvents(
  transaction: Transaction,
  tenantId: number,
  consumer: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const given = new Map<string, string>();
  for (const id of eventIds) if (!given.has(uuidDigits(id))) given.set(uuidDigits(id), id);
  // Sorted, so that two consumers of the same events wait for each other instead of locking each
  // other out.
  const values = [...given.keys()].sort().map((key) => given.get(key));
  const rows = values.map((_, index) => `($1, $2, $${index + 3})`);
  const { rows: added } = await transaction.query<{ event_id: string }>({
    text: `insert into inbox (tenant_id, consumer, event_id) values ${rows.join(", ")} on conflict do nothing returning event_id`,
    values: [tenantId, consumer, ...values],
  });
  return new Set(added.map(({ event_id }) => given.get(uuidDigits(event_id)) as string));
}

/**
 * What the database compares of a UUID, however that is written: it answers in its own way of
 * writing.
 */
function uuidDigits(uuid: string): string {
  return uuid.toLowerCase().replace(/[^0-9a-f]/g, "");
}
