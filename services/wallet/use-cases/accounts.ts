import { randomUUID } from "node:crypto";
import { type IdempotentResult, runIdempotent } from "@plinth/kit/database/idempotency.ts";
import { accountNotFound, walletError } from "../errors.ts";
import { paymentEvent } from "../events.ts";
import { creditAccount, insertAccount } from "../sql/accounts.ts";
import { type Balance, selectBalance } from "../sql/balances.ts";
import { insertPayment, type Payment } from "../sql/payments.ts";
import type { RequestContext, WalletDependencies } from "./dependencies.ts";

export interface Account {
  account_id: string;
  currency: string;
}

export interface Deposit extends Account {
  payment_id: string;
  amount_cents: number;
  available_cents: number;
}

/** All amounts are whole cents. Each method is one transaction that sees one tenant. */
export interface AccountUseCases {
  /** @throws `account_exists` */
  openAccount(
    context: RequestContext,
    account: { accountId?: string | undefined; currency: string },
  ): Promise<IdempotentResult<Account>>;
  /** @throws `account_not_found`, `balance_too_large` */
  deposit(
    context: RequestContext,
    deposit: { accountId: string; amountCents: number },
  ): Promise<IdempotentResult<Deposit>>;
  /** @throws `account_not_found` */
  readBalance(tenantId: number, accountId: string): Promise<Balance>;
}

export function createAccountUseCases(dependencies: WalletDependencies): AccountUseCases {
  const { database, outbox, metrics, notifyCommitted } = dependencies;
  return {
    async openAccount({ tenantId, idempotencyKey }, { accountId, currency }) {
      const request = ["account", accountId ?? null, currency];
      const outcome = await runIdempotent(database, { tenantId, key: idempotencyKey, request }, async (transaction) => {
        const account = { account_id: accountId ?? randomUUID(), currency };
        if (!(await insertAccount(transaction, tenantId, account.account_id, currency)))
          throw walletError("account_exists", `There is an account ${account.account_id} already.`);
        return account;
      });
      if (!outcome.replayed) metrics.accountsOpened.inc({ currency });
      return outcome;
    },

    async deposit({ tenantId, correlationId, idempotencyKey }, { accountId, amountCents }) {
      const request = ["deposit", accountId, amountCents];
      const outcome = await runIdempotent(database, { tenantId, key: idempotencyKey, request }, async (transaction) => {
        const funds = await creditAccount(transaction, tenantId, accountId, amountCents);
        if (!funds) throw accountNotFound(accountId);
        const { currency, available_cents } = funds;
        const payment: Payment = {
          paymentId: randomUUID(),
          tenantId,
          accountId,
          deltaCents: amountCents,
          currency,
          reason: "DEPOSIT",
          betId: null,
        };
        insertPayment(transaction, payment, new Date());
        outbox.append(transaction, [paymentEvent(payment)], correlationId);
        return {
          payment_id: payment.paymentId,
          account_id: accountId,
          amount_cents: amountCents,
          currency,
          available_cents,
        };
      });
      notifyCommitted();
      if (!outcome.replayed) {
        metrics.deposits.inc({ currency: outcome.result.currency });
        metrics.depositedCents.inc({ currency: outcome.result.currency }, amountCents);
      }
      return outcome;
    },

    async readBalance(tenantId, accountId) {
      const balance = await database.withTenant(tenantId, (transaction) =>
        selectBalance(transaction, tenantId, accountId),
      );
      if (!balance) throw accountNotFound(accountId);
      return balance;
    },
  };
}
