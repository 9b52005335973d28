import type { Database, Transaction } from "@plinth/kit/database/database.ts";
import type { ReceivedEvent } from "@plinth/kit/kafka/received-event.ts";
import { claimEvents } from "@plinth/kit/outbox/inbox.ts";
import type { Outbox } from "@plinth/kit/outbox/outbox.ts";
import type { PaymentEvent } from "@plinth/schemas/generated/index.ts";
import {
  type BalanceChange,
  balanceChangedEvent,
  sharedCorrelationId,
  signedAmount,
  type WalletEvents,
} from "../events.ts";

/** The consumer group that keeps the balances, and its name in the inbox. */
export const BALANCES_GROUP = "wallet-balances";

type BalanceRow = { account_id: string; balance_cents: number; sequence: number };

/**
 * Applies payments to the balances, each exactly once however often it arrives: inbox, balance and
 * the V1_BALANCES event are one transaction per tenant. Returns how many were new.
 */
export function createPaymentHandler(database: Database, outbox: Outbox<WalletEvents>, committed: () => void) {
  return async (received: readonly ReceivedEvent<PaymentEvent>[]): Promise<number> => {
    let applied = 0;
    for (const [tenantId, group] of Map.groupBy(received, ({ event }) => event.tenant_id)) {
      applied += await database.withTenant(tenantId, async (transaction) => {
        const unseen = await claimEvents(
          transaction,
          tenantId,
          BALANCES_GROUP,
          group.map(({ event }) => event.id),
        );
        const fresh = group.filter(({ event }) => unseen.delete(event.id));
        if (fresh.length === 0) return 0;
        const changes = await changeBalances(
          transaction,
          tenantId,
          fresh.map(({ event }) => event),
        );
        outbox.append(transaction, changes.map(balanceChangedEvent), sharedCorrelationId(fresh));
        return fresh.length;
      });
    }
    committed();
    return applied;
  };
}

async function changeBalances(
  transaction: Transaction,
  tenantId: number,
  payments: readonly PaymentEvent[],
): Promise<BalanceChange[]> {
  const steps = payments.map((payment) => ({ payment, deltaCents: signedAmount(payment) }));
  const accounts = [...Map.groupBy(steps, ({ payment }) => payment.event_data.account_id)];
  // In one order everywhere, so that two transactions wait for each other instead of locking each
  // other out.
  accounts.sort(([one], [other]) => (one < other ? -1 : 1));
  const sums = accounts.map(([account, own]) => [account, sumDeltas(own), own.length] as const);
  // excluded.updated_at is the insertion's default, now(): Citus allows no such function in the
  // part after the conflict.
  const { rows } = await transaction.query<BalanceRow>({
    text: `insert into balances as b (tenant_id, account_id, balance_cents, sequence)
           values ${sums.map((_, index) => `($1, $${index * 3 + 2}, $${index * 3 + 3}, $${index * 3 + 4})`).join(", ")}
           on conflict (tenant_id, account_id) do update
           set balance_cents = b.balance_cents + excluded.balance_cents, sequence = b.sequence + excluded.sequence, updated_at = excluded.updated_at
           returning account_id, balance_cents, sequence`,
    values: [tenantId, ...sums.flat()],
  });
  const totals = new Map(rows.map((row) => [row.account_id, row]));
  return accounts.flatMap(([account, own]) => balanceAfterEach(own, totals.get(account.toLowerCase())));
}

/**
 * @throws when an amount on the way is beyond what a number holds to the cent. Applied by itself,
 * each payment is summed by the database.
 */
function sumDeltas(steps: readonly { deltaCents: number }[]): number {
  return steps.reduce((sum, { deltaCents }) => {
    if (!Number.isSafeInteger(sum + deltaCents))
      throw new RangeError("The payments of one account add up to more than 2^53 cents");
    return sum + deltaCents;
  }, 0);
}

/** From the totals after all steps of an account back to the state after each of them. */
function balanceAfterEach(
  steps: readonly { payment: PaymentEvent; deltaCents: number }[],
  total: BalanceRow | undefined,
): BalanceChange[] {
  if (!total) throw new Error("The database returned no balance for an account that it changed");
  let balanceCents = total.balance_cents - sumDeltas(steps);
  return steps.map(({ payment, deltaCents }, index) => {
    balanceCents += deltaCents;
    return { payment, deltaCents, balanceCents, sequence: total.sequence - steps.length + index + 1 };
  });
}
