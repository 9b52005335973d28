import type { Received } from "@plinth/kit/consumer.ts";
import type { Database } from "@plinth/kit/database.ts";
import type { UserEvent } from "@plinth/schemas/generated/index.ts";

/** The consumer group that processes events. */
export const WORKER_GROUP = "highload-service";

/** A statement for fewer than these would cost more than it gains. */
const SHARE = 100;

/**
 * Processes events: sets when. A batch is dealt out to workers by user, so that a user's events stay with one worker and in their order; a
 * worker has one statement for all of its share. Of all batches together no more than `workers` statements are under way. An event that has
 * been processed keeps its first time, however often it comes. Returns how many were new.
 */
export function processEvents(database: Database, workers: number) {
  const free = slots(workers);
  return async (received: readonly Received<UserEvent>[]): Promise<number> => {
    const tasks: (() => Promise<number>)[] = [];
    for (const [tenantId, group] of Map.groupBy(received, ({ event }) => event.tenant_id)) {
      const shares = Math.min(workers, Math.ceil(group.length / SHARE));
      const dealt = Map.groupBy(group, ({ event }) => shareOf(event.aggregate_id, shares));
      for (const own of dealt.values()) tasks.push(() => markProcessed(database, tenantId, own));
    }
    const counts = await Promise.all(tasks.map((task) => free(task)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
}

async function markProcessed(database: Database, tenantId: number, received: readonly Received<UserEvent>[]): Promise<number> {
  const { rowCount } = await database.withTenant(tenantId, (transaction) =>
    transaction.query({
      name: "events-processed",
      text: "update events set processed_at = $3 where tenant_id = $1 and id = any($2::uuid[]) and processed_at is null",
      values: [tenantId, received.map(({ event }) => event.event_data.event_id), new Date()],
    }),
  );
  return rowCount ?? 0;
}

function shareOf(user: string, shares: number): number {
  if (shares === 1) return 0;
  let hash = 0;
  for (let index = 0; index < user.length; index++) hash = (hash * 31 + user.charCodeAt(index)) | 0;
  return Math.abs(hash % shares);
}

/** Runs what it is given, at most `size` at a time; the rest waits in line. */
function slots(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  let busy = 0;
  const line: (() => void)[] = [];
  return async (work) => {
    if (busy === size) await new Promise<void>((resolve) => line.push(resolve));
    else busy++;
    try {
      return await work();
    } finally {
      // Whoever is next takes this slot over.
      const next = line.shift();
      if (next) next();
      else busy--;
    }
  };
}
