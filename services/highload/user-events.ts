import { createEventEnvelope } from "@plinth/kit/core/event-envelope.ts";
import type { TopicEvent } from "@plinth/kit/outbox/outbox.ts";
import type { UserEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import type { Event } from "./sql/events.ts";

/** The event of each topic that the service writes or reads. */
export interface HighloadEvents {
  "user-events": UserEvent;
}

export const highloadSchemas = { "user-events": schemas["user-events"] };

/** Keyed by user, so that a user's events stay in order. */
export function userEventCreated(tenantId: number, { id, user_id, type, data }: Event): TopicEvent<HighloadEvents> {
  const event_data = { event_id: id, user_id, type, data };
  return {
    topic: "user-events",
    event: { ...createEventEnvelope(tenantId, user_id), event_type: "USER_EVENT_CREATED", event_data },
  };
}
