import { randomUUID } from "node:crypto";
import { currentTrace, type TraceContext } from "@plinth/kit/core/trace-context.ts";
import { insertRows } from "@plinth/kit/database/bulk-insert.ts";
import type { Database } from "@plinth/kit/database/database.ts";
import { createGroupCommit } from "@plinth/kit/database/group-commit.ts";
import type { Outbox } from "@plinth/kit/outbox/outbox.ts";
import { highloadError } from "../errors.ts";
import type { Page } from "../page.ts";
import { type HighloadEvents, userEventCreated } from "../user-events.ts";

export interface NewEvent {
  user_id: string;
  type: string;
  data: string;
}

export interface Event extends NewEvent {
  id: string;
  /** ISO 8601, UTC. */
  created_at: string;
  /** Absent until the event is processed. */
  processed_at?: string;
}

export interface EventUseCases {
  /** Resolves once the event is committed; its way through the broker begins then. */
  create(context: { tenantId: number; correlationId: string }, event: NewEvent): Promise<Event>;
  /** @throws `event_not_found` */
  read(tenantId: number, id: string): Promise<Event>;
  list(tenantId: number, page: Page): Promise<Event[]>;
}

interface PendingEvent {
  event: Event;
  correlationId: string;
  trace: TraceContext | undefined;
}

type EventRow = NewEvent & { id: string; created_at: Date; processed_at: Date | null };

const COLUMNS = "id, user_id, type, data, created_at";

/** @param committed called after each transaction that wrote events */
export function createEventUseCases(
  database: Database,
  outbox: Outbox<HighloadEvents>,
  committed: () => void,
): EventUseCases {
  const writes = createGroupCommit<PendingEvent>({
    async write(tenantId, written) {
      await database.withTenant(tenantId, async (transaction) => {
        insertRows(
          transaction,
          "event-insert",
          `events (tenant_id, ${COLUMNS})`,
          written.map(({ event: { id, user_id, type, data, created_at } }) => [
            tenantId,
            id,
            user_id,
            type,
            data,
            created_at,
          ]),
        );
        outbox.append(
          transaction,
          written.map(({ event, ...origin }) => ({ ...userEventCreated(tenantId, event), ...origin })),
          undefined,
        );
      });
      committed();
    },
  });

  return {
    async create({ tenantId, correlationId }, made) {
      const event: Event = { id: randomUUID(), ...made, created_at: new Date().toISOString() };
      await writes.add(tenantId, { event, correlationId, trace: currentTrace() });
      return event;
    },

    async read(tenantId, id) {
      const { rows } = await database.withTenant(tenantId, (transaction) =>
        transaction.query<EventRow>({
          name: "event-read",
          text: `select ${COLUMNS}, processed_at from events where tenant_id = $1 and id = $2`,
          values: [tenantId, id],
        }),
      );
      if (!rows[0]) throw highloadError("event_not_found", `There is no event ${id}.`);
      return toEvent(rows[0]);
    },

    async list(tenantId, { limit, offset }) {
      const { rows } = await database.withTenant(tenantId, (transaction) =>
        transaction.query<EventRow>({
          name: "event-list",
          text: `select ${COLUMNS}, processed_at from events where tenant_id = $1 order by created_at desc, id desc limit $2 offset $3`,
          values: [tenantId, limit, offset],
        }),
      );
      return rows.map(toEvent);
    },
  };
}

function toEvent({ created_at, processed_at, ...event }: EventRow): Event {
  return {
    ...event,
    created_at: created_at.toISOString(),
    ...(processed_at && { processed_at: processed_at.toISOString() }),
  };
}
