import { randomUUID } from "node:crypto";
import { ServiceError } from "@plinth/kit/core/errors.ts";
import { type IdempotentResult, runIdempotent } from "@plinth/kit/database/idempotency.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { accountNotFound, walletError } from "../errors.ts";
import { betPlacedEvent, paymentEvent } from "../events.ts";
import { accountExists, debitAccount } from "../sql/accounts.ts";
import { insertBet, type PlacedBet } from "../sql/bets.ts";
import { insertPayment, type Payment } from "../sql/payments.ts";
import type { RequestContext, WalletDependencies } from "./dependencies.ts";

export interface Bet {
  bet_id: string;
  account_id: string;
  amount_cents: number;
  currency: string;
  selection: string;
  /** What the account can still bet. */
  available_cents: number;
  /** ISO 8601, UTC. */
  placed_at: string;
}

export interface NewBet {
  accountId: string;
  amountCents: number;
  selection: string;
}

export interface BetUseCases {
  /**
   * Takes the stake and places the bet in one transaction. The events that it writes change the
   * balance: see balances.ts. @throws `account_not_found`, `insufficient_funds`
   */
  placeBet(context: RequestContext, bet: NewBet): Promise<IdempotentResult<Bet>>;
}

export function createBetUseCases({ database, outbox, metrics, notifyCommitted }: WalletDependencies): BetUseCases {
  async function writeBet(
    transaction: Transaction,
    { tenantId, correlationId }: RequestContext,
    { accountId, amountCents, selection }: NewBet,
  ): Promise<Bet> {
    const funds = await debitAccount(transaction, tenantId, accountId, amountCents);
    if (!funds) {
      if (!(await accountExists(transaction, tenantId, accountId))) throw accountNotFound(accountId);
      throw walletError("insufficient_funds", `The account holds less than ${amountCents} cents.`);
    }
    const { currency, available_cents } = funds;
    const placedAt = new Date();
    const bet: PlacedBet = { betId: randomUUID(), tenantId, accountId, amountCents, currency, selection };
    const payment: Payment = {
      paymentId: randomUUID(),
      tenantId,
      accountId,
      deltaCents: -amountCents,
      currency,
      reason: "BET",
      betId: bet.betId,
    };
    // Nothing is awaited: the transaction does not commit before all three statements have
    // succeeded.
    insertBet(transaction, bet, placedAt);
    insertPayment(transaction, payment, placedAt);
    outbox.append(transaction, [betPlacedEvent(bet), paymentEvent(payment)], correlationId);
    return {
      bet_id: bet.betId,
      account_id: accountId,
      amount_cents: amountCents,
      currency,
      selection,
      available_cents,
      placed_at: placedAt.toISOString(),
    };
  }

  return {
    async placeBet(context, bet) {
      const { tenantId, idempotencyKey } = context;
      const request = ["bet", bet.accountId, bet.amountCents, bet.selection];
      const outcome = await runIdempotent(database, { tenantId, key: idempotencyKey, request }, (transaction) =>
        writeBet(transaction, context, bet),
      ).catch((error) => {
        if (error instanceof ServiceError && !error.replayed) metrics.betsRefused.inc({ code: error.code });
        throw error;
      });
      notifyCommitted();
      if (!outcome.replayed) {
        metrics.betsPlaced.inc({ currency: outcome.result.currency });
        metrics.stakedCents.inc({ currency: outcome.result.currency }, bet.amountCents);
      }
      return outcome;
    },
  };
}
