import { isInstance } from "../core/caught-value.ts";
import { parseCorrelationId } from "../core/correlation-id.ts";
import type { EventEnvelope } from "../core/event-envelope.ts";
import { parseBaggage, parseTraceparent } from "../core/trace-context.ts";
import { unreadableBatchReason } from "./compression/unreadable-batch.ts";
import type { ReceivedEvent } from "./received-event.ts";
import { headerText, type ReceivedRecord, UnreadableRecord } from "./record.ts";

/**
 * Returns a function that decodes a record, or returns why no retry can decode it.
 * @param decode throws {@link UnreadableRecord} for such a value; any other error passes through
 */
export function createRecordDecoder<Event extends EventEnvelope>(decode: (value: Buffer | null) => Promise<Event>) {
  return async ({ value, headers }: ReceivedRecord): Promise<ReceivedEvent<Event> | UnreadableRecord> => {
    const batchReason = unreadableBatchReason(headers);
    if (batchReason !== undefined) return new UnreadableRecord(batchReason);
    try {
      const event = await decode(value);
      const tenant = headerText(headers, "tenant_id");
      if (tenant !== undefined && tenant !== String(event.tenant_id))
        return new UnreadableRecord(
          // The header's text may be anything.
          `the header names ${/^\d{1,16}$/.test(tenant) ? `tenant ${tenant}` : "no tenant"}, the event ${event.tenant_id}`,
        );
      return {
        event,
        correlationId: parseCorrelationId(headerText(headers, "correlation_id")),
        trace: parseTraceparent(headerText(headers, "traceparent"), headerText(headers, "tracestate")),
        baggage: parseBaggage(headerText(headers, "baggage")),
      };
    } catch (error) {
      if (isInstance(error, UnreadableRecord)) return error;
      throw error;
    }
  };
}
