import type { Database } from "@plinth/kit/database/database.ts";
import type { ReceivedEvent } from "@plinth/kit/kafka/received-event.ts";
import type { UserEvent } from "@plinth/schemas/generated/index.ts";

/** The consumer group that processes events. */
export const PROCESSING_GROUP = "highload-service";

/**
 * Processes events: sets when, with one statement for all that come together of a tenant. An event
 * that has been processed keeps its first time, however often it comes. Returns how many were new.
 */
export function createEventProcessor(database: Database) {
  return async (received: readonly ReceivedEvent<UserEvent>[]): Promise<number> => {
    let processed = 0;
    for (const [tenantId, group] of Map.groupBy(received, ({ event }) => event.tenant_id)) {
      const { rowCount } = await database.withTenant(tenantId, (transaction) =>
        transaction.query({
          name: "events-processed",
          text: "update events set processed_at = $3 where tenant_id = $1 and id = any($2::uuid[]) and processed_at is null",
          values: [tenantId, group.map(({ event }) => event.event_data.event_id), new Date()],
        }),
      );
      processed += rowCount ?? 0;
    }
    return processed;
  };
}
