import { randomUUID } from "node:crypto";
import { currentTrace, type TraceContext } from "@plinth/kit/core/trace-context.ts";
import type { Database } from "@plinth/kit/database/database.ts";
import { createGroupCommit } from "@plinth/kit/database/group-commit.ts";
import type { Outbox } from "@plinth/kit/outbox/outbox.ts";
import { highloadError } from "../errors.ts";
import type { HighloadMetrics } from "../metrics.ts";
import type { Page } from "../page.ts";
import { type Event, insertEvents, type NewEvent, selectEvent, selectEvents } from "../sql/events.ts";
import { type HighloadEvents, userEventCreated } from "../user-events.ts";

export interface EventUseCases {
  /** Resolves once the event is committed; it is published after that. */
  create(context: { tenantId: number; correlationId: string }, event: NewEvent): Promise<Event>;
  /** @throws `event_not_found` */
  read(tenantId: number, id: string): Promise<Event>;
  list(tenantId: number, page: Page): Promise<Event[]>;
}

/** An event that waits for a transaction, and the request that it belongs to. */
interface PendingEvent {
  event: Event;
  correlationId: string;
  trace: TraceContext | undefined;
}

/** @param notifyCommitted called after each transaction that wrote events */
export function createEventUseCases(
  database: Database,
  outbox: Outbox<HighloadEvents>,
  metrics: Pick<HighloadMetrics, "eventsCreated">,
  notifyCommitted: () => void,
): EventUseCases {
  const writes = createGroupCommit<PendingEvent>({
    async write(tenantId, pending) {
      await database.withTenant(tenantId, async (transaction) => {
        insertEvents(
          transaction,
          tenantId,
          pending.map(({ event }) => event),
        );
        outbox.append(
          transaction,
          pending.map(({ event, ...origin }) => ({ ...userEventCreated(tenantId, event), ...origin })),
          undefined,
        );
      });
      notifyCommitted();
    },
  });

  return {
    async create({ tenantId, correlationId }, newEvent) {
      const event: Event = { id: randomUUID(), ...newEvent, created_at: new Date().toISOString() };
      await writes.add(tenantId, { event, correlationId, trace: currentTrace() });
      metrics.eventsCreated.inc();
      return event;
    },

    async read(tenantId, id) {
      const event = await database.withTenant(tenantId, (transaction) => selectEvent(transaction, tenantId, id));
      if (!event) throw highloadError("event_not_found", `There is no event ${id}.`);
      return event;
    },

    list(tenantId, page) {
      return database.withTenant(tenantId, (transaction) => selectEvents(transaction, tenantId, page));
    },
  };
}
