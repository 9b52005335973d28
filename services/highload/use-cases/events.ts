import { randomUUID } from "node:crypto";
import { currentTrace, type TraceContext } from "@plinth/kit/core/trace-context.ts";
import type { Database } from "@plinth/kit/database/database.ts";
import { createGroupCommit } from "@plinth/kit/database/group-commit.ts";
import { type IdempotentResult, runIdempotent } from "@plinth/kit/database/idempotency.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import type { Outbox } from "@plinth/kit/outbox/outbox.ts";
import { highloadError } from "../errors.ts";
import type { HighloadMetrics } from "../metrics.ts";
import type { Page } from "../page.ts";
import { type Event, insertEvents, type NewEvent, selectEvent, selectEvents } from "../sql/events.ts";
import type { Listed } from "../sql/newest-first.ts";
import { type HighloadEvents, userEventCreated } from "../user-events.ts";

export interface EventUseCases {
  /** Resolves once the event is committed; it is published after that. */
  create(
    context: { tenantId: number; correlationId: string; idempotencyKey: string | undefined },
    event: NewEvent,
  ): Promise<IdempotentResult<Event>>;
  /** @throws `event_not_found` */
  read(tenantId: number, id: string): Promise<Event>;
  list(tenantId: number, page: Page): Promise<Listed<Event>>;
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
  function write(transaction: Transaction, tenantId: number, pending: readonly PendingEvent[]): void {
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
  }

  const writes = createGroupCommit<PendingEvent>({
    async write(tenantId, pending) {
      await database.withTenant(tenantId, async (transaction) => write(transaction, tenantId, pending));
      notifyCommitted();
    },
  });

  return {
    async create({ tenantId, correlationId, idempotencyKey: key }, newEvent) {
      const event: Event = { id: randomUUID(), ...newEvent, created_at: new Date().toISOString() };
      const pending: PendingEvent = { event, correlationId, trace: currentTrace() };
      if (key === undefined) {
        await writes.add(tenantId, pending);
        metrics.eventsCreated.inc();
        return { result: event, replayed: false };
      }
      // In a transaction of its own: a key in use would hold up the events of a shared one.
      const request = ["event", newEvent.user_id, newEvent.type, newEvent.data];
      const outcome = await runIdempotent(database, { tenantId, key, request }, async (transaction) => {
        write(transaction, tenantId, [pending]);
        return event;
      });
      notifyCommitted();
      if (!outcome.replayed) metrics.eventsCreated.inc();
      return outcome;
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
