import { currentBaggage, currentTrace, formatTraceHeaders, type TraceHeaders } from "../core/trace-context.ts";
import {
  MESSAGING_BATCH_MESSAGE_COUNT,
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM_NAME,
} from "../telemetry/attributes.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { OutgoingRecord } from "./record.ts";

/**
 * Publishes records with the headers of the calling code's trace, as a span of it. A trace that is
 * not recorded sends no header: at thousands of records a second they would be bytes for nothing.
 */
export async function publishInTrace(
  tracing: Tracing,
  records: readonly OutgoingRecord[],
  publish: (records: readonly OutgoingRecord[]) => Promise<void>,
): Promise<void> {
  const parent = currentTrace();
  if (parent?.sampled !== true) {
    const baggage = currentBaggage();
    return publish(baggage === undefined ? records : withHeaders(records, { baggage }));
  }
  const topics = new Set(records.map(({ topic }) => topic));
  const [topic] = topics.size === 1 ? topics : [];
  const attributes = {
    [MESSAGING_SYSTEM_NAME]: "kafka",
    [MESSAGING_OPERATION_NAME]: "send",
    [MESSAGING_OPERATION_TYPE]: "send",
    ...(topic === undefined ? {} : { [MESSAGING_DESTINATION_NAME]: topic }),
    ...(records.length > 1 ? { [MESSAGING_BATCH_MESSAGE_COUNT]: records.length } : {}),
  };
  const span = tracing.startSpan(topic === undefined ? "send" : `send ${topic}`, "producer", parent, { attributes });
  try {
    await publish(withHeaders(records, formatTraceHeaders(span.context)));
    span.end();
  } catch (error) {
    span.end({ error });
    throw error;
  }
}

/** A record that names its trace keeps it: a relayed event belongs to the request that wrote it. */
function withHeaders(records: readonly OutgoingRecord[], headers: TraceHeaders): OutgoingRecord[] {
  return records.map((record) =>
    record.headers?.traceparent === undefined ? { ...record, headers: { ...headers, ...record.headers } } : record,
  );
}
