import { randomUUID } from "node:crypto";
import type { Database, Transaction } from "@plinth/kit/database.ts";
import { createGroupCommit } from "@plinth/kit/group-commit.ts";
import type { Outbox } from "@plinth/kit/outbox.ts";
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
}

type Row = NewEvent & { id: string; created_at: Date; processed_at: Date | null };

const COLUMNS = "id, user_id, type, data, created_at";

/** @param committed called after each transaction that wrote events */
export function eventRepository(database: Database, outbox: Outbox<HighloadEvents>, committed: () => void): EventRepository {
  const writes = createGroupCommit<Written>({
    async write(tenantId, written) {
      await database.withTenant(tenantId, async (transaction) => {
        insert(transaction, tenantId, written);
        outbox.append(
          transaction,
          written.map(({ event }) => eventCreated(tenantId, event)),
          written.length === 1 ? written[0]?.correlationId : undefined,
        );
      });
      committed();
    },
  });

  return {
    async create({ tenantId, correlationId }, made) {
      const event: Event = { id: randomUUID(), ...made, created_at: new Date().toISOString() };
      await writes.add(tenantId, { event, correlationId });
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

/** One statement for any number of rows, so that it is planned once. */
function insert(transaction: Transaction, tenantId: number, written: readonly Written[]): void {
  const column = <Field extends keyof Event>(name: Field) => written.map(({ event }) => event[name]);
  transaction.query({
    name: "event-insert",
    text: `insert into events (tenant_id, ${COLUMNS})
           select $1::bigint, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])`,
    values: [tenantId, column("id"), column("user_id"), column("type"), column("data"), column("created_at")],
  });
}

function eventOf({ created_at, processed_at, ...event }: Row): Event {
  return { ...event, created_at: created_at.toISOString(), ...(processed_at && { processed_at: processed_at.toISOString() }) };
}
