import type { Transaction } from "@plinth/kit/database/transaction.ts";

export interface Balance {
  account_id: string;
  currency: string;
  /** Sum of the events applied so far. */
  balance_cents: number;
  /** Number of the events applied so far. */
  sequence: number;
  /** What the ledger holds now; ahead of `balance_cents` by the events under way. */
  available_cents: number;
}

/** An account's totals after a change. */
export type BalanceRow = { account_id: string; balance_cents: number; sequence: number };

/** An account's id, the sum of its payments in cents, and how many there are. */
export type BalanceDelta = readonly [accountId: string, deltaCents: number, payments: number];

/** Returns undefined if there is no such account. */
export async function selectBalance(
  transaction: Transaction,
  tenantId: number,
  accountId: string,
): Promise<Balance | undefined> {
  const { rows } = await transaction.query<Balance & Record<string, unknown>>({
    name: "balance",
    text: `select a.account_id, a.currency, a.available_cents, coalesce(b.balance_cents, 0) as balance_cents, coalesce(b.sequence, 0) as sequence
                 from accounts a left join balances b on b.tenant_id = a.tenant_id and b.account_id = a.account_id
                 where a.tenant_id = $1 and a.account_id = $2`,
    values: [tenantId, accountId],
  });
  return rows[0];
}

/**
 * Adds to the balances in one statement, which creates those that are missing. Returns the new
 * totals.
 */
export async function upsertBalances(
  transaction: Transaction,
  tenantId: number,
  deltas: readonly BalanceDelta[],
): Promise<BalanceRow[]> {
  // excluded.updated_at is the insertion's default, now(): Citus allows no such function in the
  // part after the conflict.
  const { rows } = await transaction.query<BalanceRow>({
    text: `insert into balances as b (tenant_id, account_id, balance_cents, sequence)
           values ${deltas.map((_, index) => `($1, $${index * 3 + 2}, $${index * 3 + 3}, $${index * 3 + 4})`).join(", ")}
           on conflict (tenant_id, account_id) do update
           set balance_cents = b.balance_cents + excluded.balance_cents, sequence = b.sequence + excluded.sequence, updated_at = excluded.updated_at
           returning account_id, balance_cents, sequence`,
    values: [tenantId, ...deltas.flat()],
  });
  return rows;
}
