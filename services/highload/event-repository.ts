import { randomUUID } from "node:crypto";
import type { Database } from "@plinth/kit/database.ts";
import { createGroupCommit } from "@plinth/kit/group-commit.ts";
import type { Outbox } from "@plinth/kit/outbox.ts";
import { insertRows } from "@plinth/kit/rows.ts";
import { currentTrace, type TraceContext } from "@plinth/kit/tracing.ts";
import { highloadError } from "./errors.ts";
import { eventCreated, type HighloadEvents } from "./events.ts";
import type { Page } from "./page.ts";

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

export interface EventRepository {
  /** Resolves once the event is committed; its way through the broker begins then. */
  create(context: { tenantId: number; correlationId: string }, event: NewEvent): Promise<Event>;
  /** @throws `event_not_found` */
  read(tenantId: number, id: string): Promise<Event>;
  list(tenantId: number, page: Page): Promise<Event[]>;
}

interface Written {
  event: Event;
  correlationId: string;
  trace: TraceContext | undefined;
}

type Row = NewEvent & { id: string; created_at: Date; processed_at: Date | null };

const COLUMNS = "id, user_id, type, data, created_at";

/** @param committed called after each transaction that wrote events */
export function eventRepository(database: Database, outbox: Outbox<HighloadEvents>, committed: () => void): EventRepository {
  const writes = createGroupCommit<Written>({
    async write(tenantId, written) {
      await database.withTenant(tenantId, async (transaction) => {
        insertRows(
          transaction,
          "event-insert",
          `events (tenant_id, ${COLUMNS})`,
          written.map(({ event: { id, user_id, type, data, created_at } }) => [tenantId, id, user_id, type, data, created_at]),
        );
        outbox.append(
          transaction,
          written.map(({ event, ...origin }) => ({ ...eventCreated(tenantId, event), ...origin })),
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
        transaction.query<Row>({
          name: "event-read",
          text: `select ${COLUMNS}, processed_at from events where tenant_id = $1 and id = $2`,
          values: [tenantId, id],
        }),
      );
      if (!rows[0]) throw highloadError("event_not_found", `There is no event ${id}.`);
      return eventOf(rows[0]);
    },

    async list(tenantId, { limit, offset }) {
      const { rows } = await database.withTenant(tenantId, (transaction) =>
        transaction.query<Row>({
          name: "event-list",
          text: `select ${COLUMNS}, processed_at from events where tenant_id = $1 order by created_at desc, id desc limit $2 offset $3`,
          values: [tenantId, limit, offset],
        }),
      );
      return rows.map(eventOf);
    },
  };
}

function eventOf({ created_at, processed_at, ...event }: Row): Event {
  return { ...event, created_at: created_at.toISOString(), ...(processed_at && { processed_at: processed_at.toISOString() }) };
}
