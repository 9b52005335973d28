import { insertRows } from "@plinth/kit/database/bulk-insert.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import type { Page } from "../page.ts";
import { type Listed, selectNewestFirst } from "./newest-first.ts";

export interface NewEvent {
  user_id: string;
  type: string;
  data: string;
}

export interface Event extends NewEvent {
  id: string;
  /** ISO 8601, UTC. */
  created_at: string;
  /** ISO 8601, UTC; absent until the event is processed. */
  processed_at?: string;
}

type EventRow = NewEvent & { id: string; created_at: Date; processed_at: Date | null };

const COLUMNS = "id, user_id, type, data, created_at";
const EVENT_LIST = { name: "event-list", table: "events", columns: `${COLUMNS}, processed_at` };

/** Pipelined: the caller does not wait, and a failure fails the commit. */
export function insertEvents(transaction: Transaction, tenantId: number, events: readonly Event[]): void {
  insertRows(
    transaction,
    "event-insert",
    `events (tenant_id, ${COLUMNS})`,
    events.map(({ id, user_id, type, data, created_at }) => [tenantId, id, user_id, type, data, created_at]),
  );
}

/** Returns undefined if the tenant has no such event. */
export async function selectEvent(transaction: Transaction, tenantId: number, id: string): Promise<Event | undefined> {
  const { rows } = await transaction.query<EventRow>({
    name: "event-read",
    text: `select ${COLUMNS}, processed_at from events where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  });
  return rows[0] && toEvent(rows[0]);
}

/** Newest first. */
export async function selectEvents(transaction: Transaction, tenantId: number, page: Page): Promise<Listed<Event>> {
  const { items, last } = await selectNewestFirst<EventRow>(transaction, EVENT_LIST, tenantId, page);
  return { items: items.map(toEvent), last };
}

/** Events that were processed before keep their first time. Returns how many were new. */
export async function markProcessed(
  transaction: Transaction,
  tenantId: number,
  ids: readonly string[],
  processedAt: Date,
): Promise<number> {
  const { rowCount } = await transaction.query({
    name: "events-processed",
    text: "update events set processed_at = $3 where tenant_id = $1 and id = any($2::uuid[]) and processed_at is null",
    values: [tenantId, ids, processedAt],
  });
  return rowCount ?? 0;
}

function toEvent({ created_at, processed_at, ...event }: EventRow): Event {
  return {
    ...event,
    created_at: created_at.toISOString(),
    ...(processed_at && { processed_at: processed_at.toISOString() }),
  };
}
