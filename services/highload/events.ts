import { type Addressed, envelope } from "@plinth/kit/outbox.ts";
import type { UserEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import type { Event } from "./event-repository.ts";

/** The event of each topic that the service writes or reads. */
export interface HighloadEvents {
  "user-events": UserEvent;
}

export const highloadSchemas = { "user-events": schemas["user-events"] };

/** By user, so that what a user did stays in order. */
export function eventCreated(tenantId: number, { id, user_id, type, data }: Event): Addressed<HighloadEvents> {
  const event_data = { event_id: id, user_id, type, data };
  return { topic: "user-events", event: { ...envelope(tenantId, user_id), event_type: "USER_EVENT_CREATED", event_data } };
}
