import type { Transaction } from "../database/transaction.ts";

/**
 * Records events as applied by `consumer`, in the transaction that applies them. Returns the ids
 * that are new, as the caller wrote them; it may apply only those. Different spellings of a UUID,
 * in capitals or without hyphens, are one id: only the first is returned.
 */
export async function claimEvents(
  transaction: Transaction,
  tenantId: number,
  consumer: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const idsByDigits = new Map<string, string>();
  for (const id of eventIds) if (!idsByDigits.has(uuidDigits(id))) idsByDigits.set(uuidDigits(id), id);
  // All consumers lock in this order, so that two of them never deadlock.
  const values = [...idsByDigits.keys()].sort().map((digits) => idsByDigits.get(digits));
  const rows = values.map((_, index) => `($1, $2, $${index + 3})`);
  const { rows: inserted } = await transaction.query<{ event_id: string }>({
    text: `insert into inbox (tenant_id, consumer, event_id) values ${rows.join(", ")} on conflict do nothing returning event_id`,
    values: [tenantId, consumer, ...values],
  });
  return new Set(inserted.map(({ event_id }) => idsByDigits.get(uuidDigits(event_id)) as string));
}

/** A UUID as the database compares it; it answers in one spelling, whatever the caller sent. */
function uuidDigits(uuid: string): string {
  return uuid.toLowerCase().replace(/[^0-9a-f]/g, "");
}
