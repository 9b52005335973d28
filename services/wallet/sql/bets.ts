import type { Transaction } from "@plinth/kit/database/transaction.ts";

export interface PlacedBet {
  betId: string;
  tenantId: number;
  accountId: string;
  amountCents: number;
  currency: string;
  selection: string;
}

/** Pipelined: the caller does not wait, and a failure fails the commit. */
export function insertBet(transaction: Transaction, bet: PlacedBet, placedAt: Date): void {
  transaction.query({
    name: "bet-insert",
    text: "insert into bets (tenant_id, bet_id, account_id, amount_cents, selection, placed_at) values ($1, $2, $3, $4, $5, $6)",
    values: [bet.tenantId, bet.betId, bet.accountId, bet.amountCents, bet.selection, placedAt],
  });
}
