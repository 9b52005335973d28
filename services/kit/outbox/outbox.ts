import { kitError } from "../core/errors.ts";
import type { EventEnvelope } from "../core/event-envelope.ts";
import { currentTrace, formatTraceparent, type TraceContext } from "../core/trace-context.ts";
import { insertRows } from "../database/bulk-insert.ts";
import type { Transaction } from "../database/database.ts";
import type { EventCodec } from "../kafka/avro.ts";
import { MAX_RECORD_BYTES } from "../kafka/record.ts";

/** The envelope that every event of the platform has. */
export interface OutboxEvent extends EventEnvelope {
  readonly version: number;
}

export interface Outbox<Events extends { [T in keyof Events]: OutboxEvent }> {
  /**
   * Writes events beside the change that they tell of: both are committed, or neither is. Call it
   * after the lock on the aggregate's row is taken: the order of the rows' ids is then the order of
   * the changes. Nothing to wait for: the transaction does.
   */
  append(transaction: Transaction, events: readonly TopicEvent<Events>[], correlationId: string | undefined): void;
}

/** An event and the topic that it goes to. */
export type TopicEvent<Events> = {
  [T in keyof Events & string]: { topic: T; event: Events[T] } & EventOrigin;
}[keyof Events & string];

/** The request that an event comes of, where the events of a transaction come of several. */
export interface EventOrigin {
  /** @default the one that is given for all */
  correlationId?: string | undefined;
  /** Present, it stands in place of the trace that this code runs in. */
  trace?: TraceContext | undefined;
}

const INSERT_TARGET = "outbox (tenant_id, topic, message_key, payload, version, correlation_id, traceparent)";

/** @param nameOf the broker's name of each topic (`TOPIC_*`) */
export function createOutbox<Events extends { [T in keyof Events]: OutboxEvent }>(
  codec: EventCodec<Events>,
  nameOf: (topic: keyof Events & string) => string,
): Outbox<Events> {
  return {
    append(transaction, events, correlationId) {
      const rows = events.map((addressed) => {
        const { topic, event } = addressed;
        const trace = "trace" in addressed ? addressed.trace : currentTrace();
        const payload = codec.encode(topic, event);
        // In the outbox it would hold up all that come after it, for ever.
        if (payload.length > MAX_RECORD_BYTES)
          throw kitError(
            "payload_too_large",
            `An event may have ${MAX_RECORD_BYTES} bytes; this one of ${topic} has ${payload.length}.`,
          );
        return [
          event.tenant_id,
          nameOf(topic),
          event.aggregate_id,
          payload,
          event.version,
          addressed.correlationId ?? correlationId ?? null,
          trace?.sampled ? formatTraceparent(trace) : null,
        ];
      });
      insertRows(transaction, "outbox-append", INSERT_TARGET, rows);
    },
  };
}
