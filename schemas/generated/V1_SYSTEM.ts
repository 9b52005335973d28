// Generated from schemas/V1_SYSTEM.avsc. Do not edit: `make generate` writes it.
// A long is a number: the codec refuses one beyond ±(2^53 - 1), in writing and in reading.

/** What services report of themselves */
export interface SystemEvent {
  /** Unique to this event: consumers drop one they have seen */
  readonly id: string;
  /** Tenant that the event belongs to; also the header tenant_id */
  readonly tenant_id: number;
  /** What the event is about: a service, a user; also the message key */
  readonly aggregate_id: string;
  /** UPPER_SNAKE_CASE, such as SERVICE_STARTED: a string, so that a service adds its own without a new schema */
  readonly event_type: string;
  /** Facts by name, free of secrets and of money */
  readonly event_data: { readonly [key: string]: string };
  /** When it happened, in milliseconds since 1970 UTC */
  readonly timestamp: number;
  /** Version of the event's contract, from 1; also the header version */
  readonly version: number;
}
