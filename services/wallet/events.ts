import { createEventEnvelope } from "@plinth/kit/core/event-envelope.ts";
import { PoisonEvent } from "@plinth/kit/kafka/received-event.ts";
import type { TopicEvent } from "@plinth/kit/outbox/outbox.ts";
import type { BalanceEvent, BetEvent, PaymentEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import type { PlacedBet } from "./sql/bets.ts";
import type { Payment } from "./sql/payments.ts";

/** The event of each topic that the wallet writes or reads. */
export interface WalletEvents {
  V1_BETS: BetEvent;
  V1_PAYMENTS: PaymentEvent;
  V1_BALANCES: BalanceEvent;
}

export type WalletEvent = TopicEvent<WalletEvents>;

export const walletSchemas = {
  V1_BETS: schemas.V1_BETS,
  V1_PAYMENTS: schemas.V1_PAYMENTS,
  V1_BALANCES: schemas.V1_BALANCES,
};

export function betPlacedEvent(bet: PlacedBet): WalletEvent {
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
  return {
    topic: "V1_BETS",
    event: { ...createEventEnvelope(bet.tenantId, bet.betId), event_type: "BET_PLACED", event_data },
  };
}

export function paymentEvent(payment: Payment): WalletEvent {
  const event_data = {
    payment_id: payment.paymentId,
    account_id: payment.accountId,
    amount_cents: Math.abs(payment.deltaCents),
    currency: payment.currency,
    reason: payment.reason,
    bet_id: payment.betId,
  };
  const event_type = payment.deltaCents < 0 ? "PAYMENT_DEBITED" : "PAYMENT_CREDITED";
  return {
    topic: "V1_PAYMENTS",
    event: { ...createEventEnvelope(payment.tenantId, payment.accountId), event_type, event_data },
  };
}

/** A payment and its account's balance after it. */
export interface BalanceChange {
  payment: PaymentEvent;
  deltaCents: number;
  balanceCents: number;
  sequence: number;
}

export function balanceChangedEvent({ payment, deltaCents, balanceCents, sequence }: BalanceChange): WalletEvent {
  const { account_id, currency } = payment.event_data;
  const event_data = {
    account_id,
    balance_cents: balanceCents,
    delta_cents: deltaCents,
    currency,
    cause_event_id: payment.id,
    sequence,
  };
  return {
    topic: "V1_BALANCES",
    event: { ...createEventEnvelope(payment.tenant_id, account_id), event_type: "BALANCE_CHANGED", event_data },
  };
}

/**
 * Cents, below 0 for a debit.
 * @throws {@link PoisonEvent} if the amount is not above 0, or the event is another account's
 */
export function signedAmount({ event_type, aggregate_id, event_data }: PaymentEvent): number {
  const { account_id, amount_cents } = event_data;
  if (amount_cents <= 0) throw new PoisonEvent(`a payment's amount must be above 0, not ${amount_cents}`);
  // The record's key orders the changes of an account.
  if (aggregate_id.toLowerCase() !== account_id.toLowerCase())
    throw new PoisonEvent(`the payment's aggregate is ${aggregate_id}, but its account ${account_id}`);
  return event_type === "PAYMENT_DEBITED" ? -amount_cents : amount_cents;
}
