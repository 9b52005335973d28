// Generated from schemas/V1_PAYMENTS.avsc. Do not edit: `make generate` writes it.
// A long is a number: the codec refuses one beyond ±(2^53 - 1), in writing and in reading.

/** Money taken from an account or added to it */
export interface PaymentEvent {
  /** Unique to this event: consumers drop one they have seen */
  readonly id: string;
  /** Tenant that the event belongs to; also the header tenant_id */
  readonly tenant_id: number;
  /** The account's id; also the message key */
  readonly aggregate_id: string;
  readonly event_type: PaymentEventType;
  readonly event_data: PaymentData;
  /** When it happened, in milliseconds since 1970 UTC */
  readonly timestamp: number;
  /** Version of the event's contract, from 1; also the header version */
  readonly version: number;
}

export type PaymentEventType = "PAYMENT_DEBITED" | "PAYMENT_CREDITED";

export interface PaymentData {
  /** This one movement */
  readonly payment_id: string;
  /** Account that was debited or credited; the aggregate */
  readonly account_id: string;
  /** In cents; above 0, event_type says the direction */
  readonly amount_cents: number;
  /** ISO 4217, such as EUR */
  readonly currency: string;
  /** What caused the movement */
  readonly reason: PaymentReason;
  /** The bet, where reason is BET, PAYOUT or REFUND */
  readonly bet_id: string | null;
}

export type PaymentReason = "BET" | "PAYOUT" | "REFUND" | "DEPOSIT" | "WITHDRAWAL" | "ADJUSTMENT";
