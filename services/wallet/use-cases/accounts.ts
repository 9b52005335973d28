import { randomUUID } from "node:crypto";
import { sqlState } from "@plinth/kit/core/database-errors.ts";
import { ServiceError } from "@plinth/kit/core/errors.ts";
import type { Database, Transaction } from "@plinth/kit/database/database.ts";
import { type IdempotentResult, runIdempotent } from "@plinth/kit/database/idempotency.ts";
import type { Outbox } from "@plinth/kit/outbox/outbox.ts";
import { walletError } from "../errors.ts";
import { betPlacedEvent, createPayment, type Payment, paymentEvent, type WalletEvents } from "../events.ts";
import type { WalletMetrics } from "../metrics.ts";

/** What every write knows of the request that asked for it. */
export interface RequestContext {
  tenantId: number;
  correlationId: string;
  idempotencyKey?: string | undefined;
}

export interface Account {
  account_id: string;
  currency: string;
}

export interface Deposit extends Account {
  payment_id: string;
  amount_cents: number;
  available_cents: number;
}

export interface Bet {
  bet_id: string;
  account_id: string;
  amount_cents: number;
  currency: string;
  selection: string;
  /** What is left to bet with. */
  available_cents: number;
  /** ISO 8601, UTC. */
  placed_at: string;
}

export interface Balance extends Account {
  /** What the events applied so far add up to. */
  balance_cents: number;
  /** How many those are. */
  sequence: number;
  /** What the ledger holds this moment; ahead of `balance_cents` by the events under way. */
  available_cents: number;
}

/** All amounts are whole cents. Each method is one transaction that sees one tenant. */
export interface WalletUseCases {
  /** @throws `account_exists` */
  createAccount(
    context: RequestContext,
    account: { accountId?: string | undefined; currency: string },
  ): Promise<Account>;
  /** @throws `account_not_found`, `balance_too_large` */
  deposit(
    context: RequestContext,
    deposit: { accountId: string; amountCents: number },
  ): Promise<IdempotentResult<Deposit>>;
  /** @throws `account_not_found`, `insufficient_funds` */
  placeBet(
    context: RequestContext,
    bet: { accountId: string; amountCents: number; selection: string },
  ): Promise<IdempotentResult<Bet>>;
  /** @throws `account_not_found` */
  balance(tenantId: number, accountId: string): Promise<Balance>;
}

type AccountFunds = { available_cents: number; currency: string };

/** @param committed called after each transaction that wrote events */
export function createWalletUseCases(
  database: Database,
  outbox: Outbox<WalletEvents>,
  metrics: WalletMetrics,
  committed: () => void,
): WalletUseCases {
  return {
    async createAccount({ tenantId }, { accountId = randomUUID(), currency }) {
      const account = await database.withTenant(tenantId, async (transaction) => {
        const { rowCount } = await transaction.query({
          name: "account-create",
          text: "insert into accounts (tenant_id, account_id, currency) values ($1, $2, $3) on conflict do nothing",
          values: [tenantId, accountId, currency],
        });
        if (rowCount === 0) throw walletError("account_exists", `There is an account ${accountId} already.`);
        return { account_id: accountId, currency };
      });
      metrics.accountsOpened.inc({ currency });
      return account;
    },

    async deposit(context, { accountId, amountCents }) {
      const { tenantId, correlationId } = context;
      const answer = await database.withTenant(tenantId, (transaction) =>
        runIdempotent(
          transaction,
          { tenantId, key: context.idempotencyKey, request: ["deposit", accountId, amountCents] },
          async () => {
            const { currency, available_cents } = await creditAccount(transaction, tenantId, accountId, amountCents);
            const movement = createPayment({
              tenantId,
              accountId,
              deltaCents: amountCents,
              currency,
              reason: "DEPOSIT",
              betId: null,
            });
            insertPayment(transaction, movement, new Date());
            outbox.append(transaction, [paymentEvent(movement)], correlationId);
            return {
              payment_id: movement.paymentId,
              account_id: accountId,
              amount_cents: amountCents,
              currency,
              available_cents,
            };
          },
        ),
      );
      committed();
      if (!answer.replayed) {
        metrics.deposits.inc({ currency: answer.result.currency });
        metrics.depositedCents.inc({ currency: answer.result.currency }, amountCents);
      }
      return answer;
    },

    async placeBet(context, { accountId, amountCents, selection }) {
      const { tenantId, correlationId } = context;
      const answer = await database
        .withTenant(tenantId, (transaction) =>
          runIdempotent(
            transaction,
            { tenantId, key: context.idempotencyKey, request: ["bet", accountId, amountCents, selection] },
            async () => {
              const { currency, available_cents } = await debitAccount(transaction, tenantId, accountId, amountCents);
              const placedAt = new Date();
              const bet = { betId: randomUUID(), tenantId, accountId, amountCents, currency, selection };
              const movement = createPayment({
                tenantId,
                accountId,
                deltaCents: -amountCents,
                currency,
                reason: "BET",
                betId: bet.betId,
              });
              // Not waited for one by one: the transaction is not committed before all of them have
              // succeeded.
              transaction.query({
                name: "bet-insert",
                text: "insert into bets (tenant_id, bet_id, account_id, amount_cents, selection, placed_at) values ($1, $2, $3, $4, $5, $6)",
                values: [tenantId, bet.betId, accountId, amountCents, selection, placedAt],
              });
              insertPayment(transaction, movement, placedAt);
              outbox.append(transaction, [betPlacedEvent(bet), paymentEvent(movement)], correlationId);
              return {
                bet_id: bet.betId,
                account_id: accountId,
                amount_cents: amountCents,
                currency,
                selection,
                available_cents,
                placed_at: placedAt.toISOString(),
              };
            },
          ),
        )
        .catch((error) => {
          if (error instanceof ServiceError) metrics.betsRefused.inc({ code: error.code });
          throw error;
        });
      committed();
      if (!answer.replayed) {
        metrics.betsPlaced.inc({ currency: answer.result.currency });
        metrics.stakedCents.inc({ currency: answer.result.currency }, amountCents);
      }
      return answer;
    },

    async balance(tenantId, accountId) {
      const { rows } = await database.withTenant(tenantId, (transaction) =>
        transaction.query<Balance & Record<string, unknown>>({
          name: "balance",
          text: `select a.account_id, a.currency, a.available_cents, coalesce(b.balance_cents, 0) as balance_cents, coalesce(b.sequence, 0) as sequence
                 from accounts a left join balances b on b.tenant_id = a.tenant_id and b.account_id = a.account_id
                 where a.tenant_id = $1 and a.account_id = $2`,
          values: [tenantId, accountId],
        }),
      );
      return rows[0] ?? accountNotFound(accountId);
    },
  };
}

async function creditAccount(
  transaction: Transaction,
  tenantId: number,
  accountId: string,
  cents: number,
): Promise<AccountFunds> {
  try {
    const { rows } = await transaction.query<AccountFunds>({
      name: "account-credit",
      text: `update accounts set available_cents = available_cents + $3 where tenant_id = $1 and account_id = $2
             returning available_cents, currency`,
      values: [tenantId, accountId, cents],
    });
    return rows[0] ?? accountNotFound(accountId);
  } catch (error) {
    if (sqlState(error) !== CHECK_VIOLATION) throw error;
    throw walletError("balance_too_large", "An account holds at most 9007199254740991 cents.", { cause: error });
  }
}

/**
 * Takes the stake if there is enough, in one statement: the row's lock makes parallel bets take
 * turns, and none sees an old balance.
 */
async function debitAccount(
  transaction: Transaction,
  tenantId: number,
  accountId: string,
  cents: number,
): Promise<AccountFunds> {
  const { rows } = await transaction.query<AccountFunds>({
    name: "account-debit",
    text: `update accounts set available_cents = available_cents - $3
           where tenant_id = $1 and account_id = $2 and available_cents >= $3 returning available_cents, currency`,
    values: [tenantId, accountId, cents],
  });
  const [ledger] = rows;
  if (ledger) return ledger;
  const { rowCount } = await transaction.query({
    name: "account-exists",
    text: "select 1 from accounts where tenant_id = $1 and account_id = $2",
    values: [tenantId, accountId],
  });
  if (rowCount === 0) return accountNotFound(accountId);
  throw walletError("insufficient_funds", `The account holds less than ${cents} cents.`);
}

function insertPayment(transaction: Transaction, movement: Payment, at: Date): void {
  transaction.query({
    name: "payment-insert",
    text: "insert into payments (tenant_id, payment_id, account_id, delta_cents, reason, bet_id, made_at) values ($1, $2, $3, $4, $5, $6, $7)",
    values: [
      movement.tenantId,
      movement.paymentId,
      movement.accountId,
      movement.deltaCents,
      movement.reason,
      movement.betId,
      at,
    ],
  });
}

const CHECK_VIOLATION = "23514";

function accountNotFound(accountId: string): never {
  throw walletError("account_not_found", `There is no account ${accountId}.`);
}
