import { randomUUID } from "node:crypto";
import type { Codec } from "./avro.ts";
import type { Envelope } from "./consumer.ts";
import type { Transaction } from "./database.ts";
import { currentTrace, traceparentOf } from "./tracing.ts";

/** The envelope that every event of the platform has. */
export interface OutboxEvent extends Envelope {
  readonly version: number;
}

export interface Outbox<Events extends { [T in keyof Events]: OutboxEvent }> {
  /**
   * Writes events beside the change that they tell of: both are committed, or neither is. Call it after the lock on the aggregate's row is
   * taken: the order of the rows' ids is then the order of the changes. Nothing to wait for: the transaction does.
   */
  append(transaction: Transaction, events: readonly Addressed<Events>[], correlationId: string | undefined): void;
}

/** An event and the topic that it goes to. */
export type Addressed<Events> = { [T in keyof Events & string]: { topic: T; event: Events[T] } }[keyof Events & string];

const COLUMNS = 7;

/** @param nameOf the broker's name of each topic (`TOPIC_*`) */
export function createOutbox<Events extends { [T in keyof Events]: OutboxEvent }>(
  codec: Codec<Events>,
  nameOf: (topic: keyof Events & string) => string,
): Outbox<Events> {
  return {
    append(transaction, events, correlationId) {
      if (events.length === 0) return;
      const trace = currentTrace();
      const traceparent = trace?.sampled ? traceparentOf(trace) : null;
      const values = events.flatMap(({ topic, event }) => [
        event.tenant_id,
        nameOf(topic),
        event.aggregate_id,
        codec.encode(topic, event),
        event.version,
        correlationId ?? null,
        traceparent,
      ]);
      const rows = events.map(
        (_, row) => `(${Array.from({ length: COLUMNS }, (_, column) => `$${row * COLUMNS + column + 1}`).join(", ")})`,
      );
      transaction.query({
        // Few events a request, so few statements to keep prepared; large batches are planned each time.
        ...(events.length <= 4 ? { name: `outbox-append-${events.length}` } : {}),
        text: `insert into outbox (tenant_id, topic, message_key, payload, version, correlation_id, traceparent) values ${rows.join(", ")}`,
        values,
      });
    },
  };
}

/** The envelope of a new event about `aggregateId`. */
export function envelope(tenantId: number, aggregateId: string) {
  return { id: randomUUID(), tenant_id: tenantId, aggregate_id: aggregateId, timestamp: Date.now(), version: 1 } as const;
}
