import { randomUUID } from "node:crypto";
import { PoisonEvent, type Received } from "@plinth/kit/consumer.ts";
import { type Addressed, envelope } from "@plinth/kit/outbox.ts";
import type { BalanceEvent, BetEvent, PaymentEvent, PaymentReason } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";

/** The event of each topic that the wallet writes or reads. */
export interface WalletEvents {
  V1_BETS: BetEvent;
  V1_PAYMENTS: PaymentEvent;
  V1_BALANCES: BalanceEvent;
}

export type WalletEvent = Addressed<WalletEvents>;

export const walletSchemas = { V1_BETS: schemas.V1_BETS, V1_PAYMENTS: schemas.V1_PAYMENTS, V1_BALANCES: schemas.V1_BALANCES };

/** A movement of money; `cents` below 0 takes it from the account. */
export interface Movement {
  paymentId: string;
  tenantId: number;
  accountId: string;
  cents: number;
  currency: string;
  reason: PaymentReason;
  betId: string | null;
}

export interface PlacedBet {
  betId: string;
  tenantId: number;
  accountId: string;
  amountCents: number;
  currency: string;
  selection: string;
}

export function newMovement(facts: Omit<Movement, "paymentId">): Movement {
  return { paymentId: randomUUID(), ...facts };
}

export function betPlaced(bet: PlacedBet): WalletEvent {
  const event_data = {
    bet_id: bet.betId,
    account_id: bet.accountId,
    amount_cents: bet.amountCents,
    currency: bet.currency,
    selection: bet.selection,
    outcome: null,
    payout_cents: null,
    cancel_reason: null,
  };
  return { topic: "V1_BETS", event: { ...envelope(bet.tenantId, bet.betId), event_type: "BET_PLACED", event_data } };
}

export function paymentMade(movement: Movement): WalletEvent {
  const event_data = {
    payment_id: movement.paymentId,
    account_id: movement.accountId,
    amount_cents: Math.abs(movement.cents),
    currency: movement.currency,
    reason: movement.reason,
    bet_id: movement.betId,
  };
  const event_type = movement.cents < 0 ? "PAYMENT_DEBITED" : "PAYMENT_CREDITED";
  return { topic: "V1_PAYMENTS", event: { ...envelope(movement.tenantId, movement.accountId), event_type, event_data } };
}

/** What a payment does to its account's balance. */
export interface BalanceChange {
  payment: PaymentEvent;
  deltaCents: number;
  balanceCents: number;
  sequence: number;
}

export function balanceChanged({ payment, deltaCents, balanceCents, sequence }: BalanceChange): WalletEvent {
  const { account_id, currency } = payment.event_data;
  const event_data = { account_id, balance_cents: balanceCents, delta_cents: deltaCents, currency, cause_event_id: payment.id, sequence };
  return { topic: "V1_BALANCES", event: { ...envelope(payment.tenant_id, account_id), event_type: "BALANCE_CHANGED", event_data } };
}

/** The signed amount of a payment. @throws {@link PoisonEvent} when it makes no sense */
export function deltaOf({ event_type, event_data }: PaymentEvent): number {
  const { amount_cents } = event_data;
  if (amount_cents <= 0) throw new PoisonEvent(`a payment's amount must be above 0, not ${amount_cents}`);
  return event_type === "PAYMENT_DEBITED" ? -amount_cents : amount_cents;
}

/** The correlation id to pass on with what a batch leads to; undefined when its events come of several requests. */
export function commonCorrelation(received: readonly Received<PaymentEvent>[]): string | undefined {
  const [first, ...others] = new Set(received.map(({ correlationId }) => correlationId));
  return others.length === 0 ? first : undefined;
}
