import type { Database } from "@plinth/kit/database/database.ts";
import type { ReceivedEvent } from "@plinth/kit/kafka/received-event.ts";
import type { UserEvent } from "@plinth/schemas/generated/index.ts";
import { markProcessed } from "../sql/events.ts";

/** The consumer group that processes events. */
export const PROCESSING_GROUP = "highload-service";

/**
 * Sets `processed_at`, with one statement for each tenant's events of a batch. An event that comes
 * again keeps its first time. Returns how many were new.
 */
export function createEventProcessor(database: Database) {
  return async (received: readonly ReceivedEvent<UserEvent>[]): Promise<number> => {
    let processed = 0;
    for (const [tenantId, group] of Map.groupBy(received, ({ event }) => event.tenant_id)) {
      const ids = group.map(({ event }) => event.event_data.event_id);
      processed += await database.withTenant(tenantId, (transaction) =>
        markProcessed(transaction, tenantId, ids, new Date()),
      );
    }
    return processed;
  };
}
