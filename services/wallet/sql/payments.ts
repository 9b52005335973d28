import type { Transaction } from "@plinth/kit/database/transaction.ts";
import type { PaymentReason } from "@plinth/schemas/generated/index.ts";

/** A movement of money; `deltaCents` below 0 takes it from the account. */
export interface Payment {
  paymentId: string;
  tenantId: number;
  accountId: string;
  deltaCents: number;
  currency: string;
  reason: PaymentReason;
  betId: string | null;
}

/** Pipelined: the caller does not wait, and a failure fails the commit. */
export function insertPayment(transaction: Transaction, payment: Payment, madeAt: Date): void {
  transaction.query({
    name: "payment-insert",
    text: "insert into payments (tenant_id, payment_id, account_id, delta_cents, reason, bet_id, made_at) values ($1, $2, $3, $4, $5, $6, $7)",
    values: [
      payment.tenantId,
      payment.paymentId,
      payment.accountId,
      payment.deltaCents,
      payment.reason,
      payment.betId,
      madeAt,
    ],
  });
}
