// Generated from schemas/V1_COMPLIANCE.avsc. Do not edit: `make generate` writes it.
// A long is a number: the codec refuses one beyond ±(2^53 - 1), in writing and in reading.

/** Limits and exclusions of a player, and when they took effect */
export interface ComplianceEvent {
  /** Unique to this event: consumers drop one they have seen */
  readonly id: string;
  /** Tenant that the event belongs to; also the header tenant_id */
  readonly tenant_id: number;
  /** The account's id; also the message key */
  readonly aggregate_id: string;
  readonly event_type: ComplianceEventType;
  readonly event_data: ComplianceData;
  /** When it happened, in milliseconds since 1970 UTC */
  readonly timestamp: number;
  /** Version of the event's contract, from 1; also the header version */
  readonly version: number;
}

export type ComplianceEventType = "LIMIT_SET" | "LIMIT_EXCEEDED" | "SELF_EXCLUSION_SET" | "SELF_EXCLUSION_LIFTED";

export interface ComplianceData {
  /** The account; the aggregate */
  readonly account_id: string;
  /** Which limit; null for exclusions */
  readonly limit_kind: LimitKind | null;
  /** The limit, in cents; null for exclusions */
  readonly limit_cents: number | null;
  /** What was refused, in cents; null unless LIMIT_EXCEEDED */
  readonly attempted_cents: number | null;
  /** ISO 4217, such as EUR; null for exclusions */
  readonly currency: string | null;
  /** End of the limit or exclusion; null where it has none */
  readonly until: number | null;
  /** Id of the event that led to this one */
  readonly cause_event_id: string | null;
}

export type LimitKind = "DEPOSIT" | "STAKE" | "LOSS";
