import { isDeepStrictEqual } from "node:util";
import type { StackClients } from "../../support/stack/stack-clients.ts";
import type { AcknowledgedBet } from "./bet-load.ts";

/** The data of the accounts under load, after it. Amounts are cents. */
export interface Facts {
  bets: { bet: string; account: string; cents: number }[];
  payments: { payment: string; account: string; delta: number; bet: string | null }[];
  /** The balance of the ledger and the one of the events. */
  accounts: { account: string; available: number; balance: number; sequence: number }[];
  /** Events of V1_BETS. */
  betEvents: { event: string; bet: string }[];
  /** Events of V1_PAYMENTS. */
  paymentEvents: { event: string; payment: string }[];
  /** Events of V1_BALANCES. */
  balanceEvents: { account: string; sequence: number; balance: number }[];
}

/**
 * The violations of the client's log, a line each; none when no bet was lost or applied twice.
 */
export function audit(log: readonly AcknowledgedBet[], deposits: ReadonlyMap<string, number>, facts: Facts): string[] {
  const findings: string[] = [];
  const claim = (holds: boolean, finding: string) => void (holds || findings.push(finding));

  const bets = Map.groupBy(facts.bets, ({ bet }) => bet);
  const keys = Map.groupBy(log, ({ bet }) => bet);
  const debits = Map.groupBy(facts.payments, ({ bet }) => bet);
  const events = Map.groupBy(facts.betEvents, ({ bet }) => bet);
  for (const [bet, acknowledged] of keys) {
    const { account, cents, key } = acknowledged[0]!;
    claim(acknowledged.length === 1, `bet ${bet} answers ${acknowledged.length} different keys`);
    claim(
      isDeepStrictEqual(bets.get(bet), [{ bet, account, cents }]),
      `bet ${bet} of key ${key} is in the database ${bets.get(bet)?.length ?? 0} times as it was placed`,
    );
    const paid = debits.get(bet) ?? [];
    claim(
      paid.length === 1 && paid[0]!.delta === -cents && paid[0]!.account === account,
      `bet ${bet} over ${cents} is debited ${JSON.stringify(paid.map(({ delta }) => delta))}`,
    );
    claim(
      new Set(events.get(bet)?.map(({ event }) => event)).size === 1,
      `bet ${bet} has ${events.get(bet)?.length ?? 0} events in V1_BETS`,
    );
  }
  for (const bet of bets.keys()) claim(keys.has(bet), `bet ${bet} is in the database but was never acknowledged`);
  for (const bet of events.keys()) claim(bets.has(bet), `V1_BETS has bet ${bet}, which is not in the database`);

  for (const [account, deposited] of deposits) {
    const stakes = log.filter((each) => each.account === account).reduce((sum, { cents }) => sum + cents, 0);
    const payments = facts.payments.filter((each) => each.account === account);
    const sequence = payments.length;
    const expected = { account, available: deposited - stakes, balance: deposited - stakes, sequence };
    const found = facts.accounts.find((each) => each.account === account);
    claim(
      isDeepStrictEqual(found, expected),
      `account ${account} is ${JSON.stringify(found)}, but must be ${JSON.stringify(expected)}`,
    );
    const last = facts.balanceEvents.filter((each) => each.account === account && each.sequence === sequence);
    claim(
      last.length > 0 && last.every(({ balance }) => balance === expected.balance),
      `V1_BALANCES ends for account ${account} with ${JSON.stringify(last)}`,
    );
    claim(
      facts.balanceEvents.every((each) => each.account !== account || each.sequence <= sequence),
      `V1_BALANCES goes on for account ${account} after ${sequence}`,
    );
  }
  const published = Map.groupBy(facts.paymentEvents, ({ payment }) => payment);
  for (const { payment } of facts.payments)
    claim(
      new Set(published.get(payment)?.map(({ event }) => event)).size === 1,
      `payment ${payment} has ${published.get(payment)?.length ?? 0} events in V1_PAYMENTS`,
    );
  return findings;
}

/** Reads the facts of the accounts with these deposits. */
export async function readFacts(at: StackClients, deposits: ReadonlyMap<string, number>): Promise<Facts> {
  const ours = <T extends { account: string }>(rows: T[]) => rows.filter(({ account }) => deposits.has(account));
  const bets = await at.rows<{ bet: string; account: string; cents: number }>(
    "select bet_id as bet, account_id as account, amount_cents::int as cents from bets",
  );
  const payments = await at.rows<{ payment: string; account: string; delta: number; bet: string | null }>(
    "select payment_id as payment, account_id as account, delta_cents::int as delta, bet_id as bet from payments",
  );
  const accounts = await at.rows<{ account: string; available: number; balance: number; sequence: number }>(
    `select a.account_id as account, available_cents::int as available, balance_cents::int as balance, sequence::int
     from accounts a left join balances b using (tenant_id, account_id)`,
  );
  const [betEvents, paymentEvents, balanceEvents] = await Promise.all(
    ["V1_BETS", "V1_PAYMENTS", "V1_BALANCES"].map((topic) => at.records(topic)),
  );
  return {
    bets: ours(bets),
    payments: ours(payments),
    accounts: ours(accounts),
    betEvents: ours(
      betEvents!.map(({ event }) => ({
        event: event.id,
        bet: event.event_data.bet_id,
        account: event.event_data.account_id,
      })),
    ),
    paymentEvents: paymentEvents!.map(({ event }) => ({ event: event.id, payment: event.event_data.payment_id })),
    balanceEvents: balanceEvents!.map(({ event: { event_data: data } }) => ({
      account: data.account_id,
      sequence: data.sequence,
      balance: data.balance_cents,
    })),
  };
}
