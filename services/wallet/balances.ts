import type { Received } from "@plinth/kit/consumer.ts";
import type { Database, Transaction } from "@plinth/kit/database.ts";
import { claim } from "@plinth/kit/inbox.ts";
import type { Outbox } from "@plinth/kit/outbox.ts";
import type { PaymentEvent } from "@plinth/schemas/generated/index.ts";
import { type BalanceChange, balanceChanged, commonCorrelation, deltaOf, type WalletEvents } from "./events.ts";

/** The consumer group that keeps the balances, and its name in the inbox. */
export const BALANCES_GROUP = "wallet-balances";

type Totals = { account_id: string; balance_cents: number; sequence: number };

/**
 * Applies payments to the balances, each exactly once however often it arrives: inbox, balance and the V1_BALANCES event are one transaction
 * per tenant. Returns how many were new.
 */
export function applyPayments(database: Database, outbox: Outbox<WalletEvents>, committed: () => void) {
  return async (received: readonly Received<PaymentEvent>[]): Promise<number> => {
    let applied = 0;
    for (const [tenantId, group] of Map.groupBy(received, ({ event }) => event.tenant_id)) {
      applied += await database.withTenant(tenantId, async (transaction) => {
        const unseen = await claim(
          transaction,
          tenantId,
          BALANCES_GROUP,
          group.map(({ event }) => event.id),
        );
        const fresh = group.filter(({ event }) => unseen.delete(event.id));
        if (fresh.length === 0) return 0;
        const changes = await change(
          transaction,
          tenantId,
          fresh.map(({ event }) => event),
        );
        outbox.append(transaction, changes.map(balanceChanged), commonCorrelation(fresh));
        return fresh.length;
      });
    }
    committed();
    return applied;
  };
}

async function change(transaction: Transaction, tenantId: number, payments: readonly PaymentEvent[]): Promise<BalanceChange[]> {
  const steps = payments.map((payment) => ({ payment, deltaCents: deltaOf(payment) }));
  const accounts = [...Map.groupBy(steps, ({ payment }) => payment.event_data.account_id)];
  // In one order everywhere, so that two transactions wait for each other instead of locking each other out.
  accounts.sort(([one], [other]) => (one < other ? -1 : 1));
  const sums = accounts.map(([account, own]) => [account, sumOf(own), own.length] as const);
  // excluded.updated_at is the insertion's default, now(): Citus allows no such function in the part after the conflict.
  const { rows } = await transaction.query<Totals>({
    text: `insert into balances as b (tenant_id, account_id, balance_cents, sequence)
           values ${sums.map((_, index) => `($1, $${index * 3 + 2}, $${index * 3 + 3}, $${index * 3 + 4})`).join(", ")}
           on conflict (tenant_id, account_id) do update
           set balance_cents = b.balance_cents + excluded.balance_cents, sequence = b.sequence + excluded.sequence, updated_at = excluded.updated_at
           returning account_id, balance_cents, sequence`,
    values: [tenantId, ...sums.flat()],
  });
  const totals = new Map(rows.map((row) => [row.account_id, row]));
  return accounts.flatMap(([account, own]) => stepwise(own, totals.get(account.toLowerCase())));
}

/** @throws when an amount on the way is beyond what a number holds to the cent. Applied by itself, each payment is summed by the database. */
function sumOf(steps: readonly { deltaCents: number }[]): number {
  return steps.reduce((sum, { deltaCents }) => {
    if (!Number.isSafeInteger(sum + deltaCents)) throw new RangeError("The payments of one account add up to more than 2^53 cents");
    return sum + deltaCents;
  }, 0);
}

/** From the totals after all steps of an account back to the state after each of them. */
function stepwise(steps: readonly { payment: PaymentEvent; deltaCents: number }[], total: Totals | undefined): BalanceChange[] {
  if (!total) throw new Error("The database returned no balance for an account that it changed");
  let balanceCents = total.balance_cents - sumOf(steps);
  return steps.map(({ payment, deltaCents }, index) => {
    balanceCents += deltaCents;
    return { payment, deltaCents, balanceCents, sequence: total.sequence - steps.length + index + 1 };
  });
}
