import { formatTraceparent, parseTraceparent } from "../core/trace-context.ts";
import type { OutgoingRecord } from "../kafka/record.ts";
import {
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM_NAME,
  TENANT_ID,
} from "../telemetry/attributes.ts";
import type { Span } from "../telemetry/span.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { type OutboxRow, toRecord } from "./outbox-rows.ts";

/** Rows of the outbox as records. */
export interface RelayedRecords {
  records: OutgoingRecord[];
  /**
   * Ends the spans, once the broker has the records. Not called after a failed attempt: the relay
   * repeats it, and each row has one span.
   */
  acknowledge(): void;
}

/**
 * The records of rows. Each row of a recorded trace is published as a span of the request that
 * wrote it, and the consumer's span is a child of that.
 */
export function toRelayedRecords(tracing: Tracing, rows: readonly OutboxRow[]): RelayedRecords {
  const spans: Span[] = [];
  const records = rows.map((row) => {
    const record = toRecord(row);
    const parent = parseTraceparent(row.traceparent);
    if (parent?.sampled !== true) return record;
    const attributes = {
      [MESSAGING_SYSTEM_NAME]: "kafka",
      [MESSAGING_OPERATION_NAME]: "send",
      [MESSAGING_OPERATION_TYPE]: "send",
      [MESSAGING_DESTINATION_NAME]: row.topic,
      [TENANT_ID]: row.tenant_id,
    };
    const span = tracing.startSpan(`send ${row.topic}`, "producer", parent, { attributes });
    spans.push(span);
    return { ...record, headers: { ...record.headers, traceparent: formatTraceparent(span.context) } };
  });
  return {
    records,
    acknowledge() {
      for (const span of spans) span.end();
    },
  };
}
