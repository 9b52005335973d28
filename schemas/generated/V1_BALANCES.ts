// Generated from schemas/V1_BALANCES.avsc. Do not edit: `make generate` writes it.
// A long is a number: the codec refuses one beyond ±(2^53 - 1), in writing and in reading.

/** The balance of an account after a change */
export interface BalanceEvent {
  /** Unique to this event: consumers drop one they have seen */
  readonly id: string;
  /** Tenant that the event belongs to; also the header tenant_id */
  readonly tenant_id: number;
  /** The account's id; also the message key */
  readonly aggregate_id: string;
  readonly event_type: BalanceEventType;
  readonly event_data: BalanceData;
  /** When it happened, in milliseconds since 1970 UTC */
  readonly timestamp: number;
  /** Version of the event's contract, from 1; also the header version */
  readonly version: number;
}

export type BalanceEventType = "BALANCE_CHANGED";

export interface BalanceData {
  /** The account; the aggregate */
  readonly account_id: string;
  /** Balance after the change, in cents */
  readonly balance_cents: number;
  /** The change, in cents; below 0 for a debit */
  readonly delta_cents: number;
  /** ISO 4217, such as EUR */
  readonly currency: string;
  /** Id of the event that was applied, of V1_PAYMENTS */
  readonly cause_event_id: string;
  /** 1 for the account's first change, then one more each: an older one is never applied over a newer */
  readonly sequence: number;
}
