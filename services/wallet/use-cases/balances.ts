import { CHECK_VIOLATION, sqlState } from "@plinth/kit/core/database-errors.ts";
import { currentTrace } from "@plinth/kit/core/trace-context.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { PoisonEvent, type ReceivedEvent } from "@plinth/kit/kafka/received-event.ts";
import { claimEvents } from "@plinth/kit/outbox/inbox.ts";
import type { EventOrigin } from "@plinth/kit/outbox/outbox.ts";
import type { PaymentEvent } from "@plinth/schemas/generated/index.ts";
import { type BalanceChange, balanceChangedEvent, signedAmount } from "../events.ts";
import { selectCurrencies } from "../sql/accounts.ts";
import { type BalanceRow, upsertBalances } from "../sql/balances.ts";
import type { WalletDependencies } from "./dependencies.ts";

/** The consumer group that keeps the balances, and its name in the inbox. */
export const BALANCES_GROUP = "wallet-balances";

/** A payment and what it adds to its account. */
interface PaymentStep {
  payment: PaymentEvent;
  deltaCents: number;
}

/**
 * Applies payments to the balances, each exactly once however often it arrives: inbox, balance and
 * the V1_BALANCES event are one transaction per tenant. Returns how many were new.
 */
export function createPaymentHandler({
  database,
  outbox,
  notifyCommitted,
}: Pick<WalletDependencies, "database" | "outbox" | "notifyCommitted">) {
  return async (received: readonly ReceivedEvent<PaymentEvent>[]): Promise<number> => {
    let applied = 0;
    for (const [tenantId, group] of Map.groupBy(received, ({ event }) => event.tenant_id)) {
      applied += await database.withTenant(tenantId, async (transaction) => {
        const claimed = await claimEvents(
          transaction,
          tenantId,
          BALANCES_GROUP,
          group.map(({ event }) => event.id),
        );
        const fresh = group.filter(({ event }) => claimed.delete(event.id));
        if (fresh.length === 0) return 0;
        const changes = await changeBalances(
          transaction,
          tenantId,
          fresh.map(({ event }) => event),
        );
        const origins = originsByPayment(fresh);
        outbox.append(
          transaction,
          changes.map((change) => ({ ...balanceChangedEvent(change), ...origins.get(change.payment) })),
          undefined,
        );
        return fresh.length;
      });
    }
    notifyCommitted();
    return applied;
  };
}

/**
 * The request behind each payment. Several payments are applied in the trace of one of them, and
 * the events of the others belong to their own.
 */
function originsByPayment(received: readonly ReceivedEvent<PaymentEvent>[]): Map<PaymentEvent, EventOrigin> {
  const applying = currentTrace();
  return new Map(
    received.map(({ event, correlationId, trace }) => [
      event,
      { correlationId, trace: trace?.traceId === applying?.traceId ? applying : trace },
    ]),
  );
}

async function changeBalances(
  transaction: Transaction,
  tenantId: number,
  payments: readonly PaymentEvent[],
): Promise<BalanceChange[]> {
  const steps = payments.map((payment) => ({ payment, deltaCents: signedAmount(payment) }));
  const accounts = [...Map.groupBy(steps, ({ payment }) => payment.event_data.account_id)];
  // All transactions lock accounts in this order, so that none waits for another in a circle.
  accounts.sort(([one], [other]) => (one < other ? -1 : 1));
  const deltas = accounts.map(
    ([account, accountSteps]) => [account, sumDeltas(accountSteps), accountSteps.length] as const,
  );
  const currencies = selectCurrencies(
    transaction,
    tenantId,
    deltas.map(([account]) => account),
  );
  const upserted = upsertBalances(transaction, tenantId, deltas);
  // Sent along with the look-up, whose verdict comes first.
  upserted.catch(() => undefined);
  assertAccountsTake(payments, await currencies);
  const rows = await upserted.catch(rethrowBeyondBound);
  const totals = new Map(rows.map((row) => [row.account_id, row]));
  return accounts.flatMap(([account, accountSteps]) =>
    balanceAfterEach(accountSteps, totals.get(account.toLowerCase())),
  );
}

/**
 * An account holds one currency. @throws {@link PoisonEvent} for a payment in another one, or for
 * an account that does not exist
 */
function assertAccountsTake(payments: readonly PaymentEvent[], currencies: ReadonlyMap<string, string>): void {
  for (const { event_data } of payments) {
    const held = currencies.get(event_data.account_id.toLowerCase());
    if (held === undefined) throw new PoisonEvent(`the tenant has no account ${event_data.account_id}`);
    if (held !== event_data.currency)
      throw new PoisonEvent(
        `the payment is in ${event_data.currency}, but account ${event_data.account_id} is in ${held}`,
      );
  }
}

/** @throws {@link PoisonEvent} if the database's bound was exceeded, or any other error as it is */
function rethrowBeyondBound(error: unknown): never {
  if (sqlState(error) !== CHECK_VIOLATION) throw error;
  throw new PoisonEvent("the payment takes its account's balance beyond 2^53 - 1 cents");
}

/**
 * @throws RangeError if a partial sum exceeds what a number holds to the cent. The consumer then
 * applies each payment alone, and the database does the sum.
 */
function sumDeltas(steps: readonly PaymentStep[]): number {
  return steps.reduce((sum, { deltaCents }) => {
    if (!Number.isSafeInteger(sum + deltaCents))
      throw new RangeError("The payments of one account add up to more than 2^53 cents");
    return sum + deltaCents;
  }, 0);
}

/** Computes the balance after each step backwards from the account's total after all of them. */
function balanceAfterEach(steps: readonly PaymentStep[], total: BalanceRow | undefined): BalanceChange[] {
  if (!total) throw new Error("The database returned no balance for an account that it changed");
  let balanceCents = total.balance_cents - sumDeltas(steps);
  return steps.map(({ payment, deltaCents }, index) => {
    balanceCents += deltaCents;
    return { payment, deltaCents, balanceCents, sequence: total.sequence - steps.length + index + 1 };
  });
}
