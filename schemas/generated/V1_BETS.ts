// Generated from schemas/V1_BETS.avsc. Do not edit: `make generate` writes it.
// A long is a number: the codec refuses one beyond ±(2^53 - 1), in writing and in reading.

/** What happened to a bet */
export interface BetEvent {
  /** Unique to this event: consumers drop one they have seen */
  readonly id: string;
  /** Tenant that the event belongs to; also the header tenant_id */
  readonly tenant_id: number;
  /** The bet's id; also the message key */
  readonly aggregate_id: string;
  readonly event_type: BetEventType;
  readonly event_data: BetData;
  /** When it happened, in milliseconds since 1970 UTC */
  readonly timestamp: number;
  /** Version of the event's contract, from 1; also the header version */
  readonly version: number;
}

export type BetEventType = "BET_PLACED" | "BET_SETTLED" | "BET_CANCELLED";

export interface BetData {
  /** The bet; the aggregate */
  readonly bet_id: string;
  /** Account that the stake is taken from */
  readonly account_id: string;
  /** Stake, in cents; above 0 */
  readonly amount_cents: number;
  /** ISO 4217, such as EUR */
  readonly currency: string;
  /** What was bet on, as the caller named it */
  readonly selection: string;
  /** How it ended; null until BET_SETTLED */
  readonly outcome: BetOutcome | null;
  /** Paid back in all, in cents; null until BET_SETTLED */
  readonly payout_cents: number | null;
  /** Why; null unless BET_CANCELLED */
  readonly cancel_reason: string | null;
}

export type BetOutcome = "WON" | "LOST" | "VOID";
