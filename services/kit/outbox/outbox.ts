import { kitError } from "../core/errors.ts";
import type { EventEnvelope } from "../core/event-envelope.ts";
import { currentTrace, formatTraceparent, type TraceContext } from "../core/trace-context.ts";
import { insertRows } from "../database/bulk-insert.ts";
import type { Transaction } from "../database/transaction.ts";
import type { EventCodec } from "../kafka/avro.ts";
import { MAX_RECORD_BYTES } from "../kafka/record.ts";

/** Fields of every event that a service publishes. */
export interface OutboxEvent extends EventEnvelope {
  readonly version: number;
}

export interface Outbox<Events extends { [T in keyof Events]: OutboxEvent }> {
  /**
   * Writes events in the transaction of the change that they report. Call it once the transaction
   * holds the lock on the aggregate's row: the order of the outbox ids is then the order of the
   * changes. Pipelined: the caller does not wait, and a failure fails the commit.
   */
  append(transaction: Transaction, events: readonly TopicEvent<Events>[], correlationId: string | undefined): void;
}

/** An event and its topic. */
export type TopicEvent<Events> = {
  [T in keyof Events & string]: { topic: T; event: Events[T] } & EventOrigin;
}[keyof Events & string];

/** The request that caused an event, if the events of a transaction have several causes. */
export interface EventOrigin {
  /** @default {@link Outbox.append}'s `correlationId` */
  correlationId?: string | undefined;
  /** Replaces the trace that this code runs in; present but undefined means no trace. */
  trace?: TraceContext | undefined;
}

const INSERT_TARGET = "outbox (tenant_id, topic, message_key, payload, version, correlation_id, traceparent)";

/** @param topicName the broker's name of a topic (`TOPIC_*`) */
export function createOutbox<Events extends { [T in keyof Events]: OutboxEvent }>(
  codec: EventCodec<Events>,
  topicName: (topic: keyof Events & string) => string,
): Outbox<Events> {
  return {
    append(transaction, events, correlationId) {
      const rows = events.map((topicEvent) => {
        const { topic, event } = topicEvent;
        const trace = "trace" in topicEvent ? topicEvent.trace : currentTrace();
        const payload = codec.encode(topic, event);
        // The relay could never publish it, and it would block all later events.
        if (payload.length > MAX_RECORD_BYTES)
          throw kitError(
            "payload_too_large",
            `An event may have ${MAX_RECORD_BYTES} bytes; this one of ${topic} has ${payload.length}.`,
          );
        return [
          event.tenant_id,
          topicName(topic),
          event.aggregate_id,
          payload,
          event.version,
          topicEvent.correlationId ?? correlationId ?? null,
          trace?.sampled ? formatTraceparent(trace) : null,
        ];
      });
      insertRows(transaction, "outbox-append", INSERT_TARGET, rows);
    },
  };
}
