import type { DatabaseConnection } from "../database/database.ts";
import type { Transaction } from "../database/transaction.ts";
import type { OutgoingRecord } from "../kafka/record.ts";

/** An event that waits for the relay. */
export interface OutboxRow extends Record<string, unknown> {
  outbox_id: number;
  tenant_id: number;
  topic: string;
  message_key: string;
  payload: Buffer;
  version: number;
  correlation_id: string | null;
  /** Null unless the event belongs to a recorded trace. */
  traceparent: string | null;
}

/** Most rows that the relay reads at a time. */
export const BATCH_ROWS = 1000;

/**
 * Returns false while another session holds the relay's lock; the session keeps it until it ends.
 */
export async function tryLock(connection: DatabaseConnection, name: string): Promise<boolean> {
  const { rows } = await connection.query<{ locked: boolean }>({
    text: "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked",
    values: [`outbox-relay:${name}`],
  });
  return rows[0]?.locked === true;
}

/**
 * Deletes the published rows and reads the next, except those of `skippedTopics`, in one round
 * trip.
 */
export async function deletePublishedAndFetchNext(
  transaction: Transaction,
  publishedIds: readonly number[],
  skippedTopics: readonly string[],
): Promise<OutboxRow[]> {
  const removed =
    publishedIds.length === 0
      ? Promise.resolve()
      : transaction.query({
          name: "outbox-remove",
          text: "delete from outbox where outbox_id = any($1::bigint[])",
          values: [publishedIds],
        });
  const [{ rows }] = await Promise.all([
    transaction.query<OutboxRow>({
      name: "outbox-next",
      text: `select outbox_id, tenant_id, topic, message_key, payload, version, correlation_id, traceparent from outbox where topic <> all($1::text[]) order by outbox_id limit ${BATCH_ROWS}`,
      values: [skippedTopics],
    }),
    removed,
  ]);
  return rows;
}

export async function countBacklog(connection: DatabaseConnection): Promise<number> {
  const { rows } = await connection.withSystem((transaction) =>
    transaction.query<{ count: number }>({ text: "select count(*) from outbox" }),
  );
  return rows[0]?.count ?? 0;
}

export function toRecord(row: OutboxRow): OutgoingRecord {
  const correlation = row.correlation_id === null ? {} : { correlation_id: row.correlation_id };
  const trace = row.traceparent === null ? {} : { traceparent: row.traceparent };
  return {
    topic: row.topic,
    key: row.message_key,
    value: row.payload,
    headers: { tenant_id: String(row.tenant_id), version: String(row.version), ...correlation, ...trace },
  };
}
