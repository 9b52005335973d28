// Generated from schemas/user-events.avsc. Do not edit: `make generate` writes it.
// A long is a number: the codec refuses one beyond ±(2^53 - 1), in writing and in reading.

/** What a user did, as a client reported it */
export interface UserEvent {
  /** Unique to this event: consumers drop one they have seen */
  readonly id: string;
  /** Tenant that the event belongs to; also the header tenant_id */
  readonly tenant_id: number;
  /** The user's id; also the message key, so that the events of a user stay in order */
  readonly aggregate_id: string;
  /** USER_EVENT_CREATED: a string, so that a service adds its own without a new schema */
  readonly event_type: string;
  readonly event_data: UserEventData;
  /** When it was accepted, in milliseconds since 1970 UTC */
  readonly timestamp: number;
  /** Version of the event's contract, from 1; also the header version */
  readonly version: number;
}

export interface UserEventData {
  /** The event, as GET /api/v1/events/{id} names it */
  readonly event_id: string;
  /** The user; the aggregate */
  readonly user_id: string;
  /** What the client calls it, such as user_action */
  readonly type: string;
  /** Whatever the client said of it; often JSON */
  readonly data: string;
}
