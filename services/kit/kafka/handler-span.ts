import type { EventEnvelope } from "../core/event-envelope.ts";
import type { TraceContext } from "../core/trace-context.ts";
import {
  MESSAGING_BATCH_MESSAGE_COUNT,
  MESSAGING_CONSUMER_GROUP_NAME,
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM_NAME,
  TENANT_ID,
} from "../telemetry/attributes.ts";
import type { Span } from "../telemetry/span.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { ReceivedEvent } from "./received-event.ts";

/**
 * The span in which a consumer handles events; undefined when they have no trace.
 *
 * One event is handled in its own trace, recorded or not, so that log lines have its ids. Several
 * are handled in the trace of the first that is recorded, and the span links to all that are. If
 * none is, they have no trace: log lines are about all of them, and the ids of one would blame a
 * single request, perhaps of another tenant.
 */
export function startHandlerSpan(
  tracing: Tracing,
  received: readonly ReceivedEvent<EventEnvelope>[],
  { topic, group, tenantId }: { topic: string; group: string; tenantId?: number | undefined },
): Span | undefined {
  const [only] = received;
  const alone = received.length === 1 && (only?.trace ?? only?.correlationId) !== undefined;
  const links = alone ? [] : recordedTraces(received);
  const parent = alone ? only?.trace : links[0];
  if (!alone && !parent) return undefined;
  const attributes = {
    [MESSAGING_SYSTEM_NAME]: "kafka",
    [MESSAGING_OPERATION_NAME]: "process",
    [MESSAGING_OPERATION_TYPE]: "process",
    [MESSAGING_DESTINATION_NAME]: topic,
    [MESSAGING_CONSUMER_GROUP_NAME]: group,
    ...(tenantId === undefined ? {} : { [TENANT_ID]: tenantId }),
    ...(received.length > 1 ? { [MESSAGING_BATCH_MESSAGE_COUNT]: received.length } : {}),
  };
  return tracing.startSpan(`process ${topic}`, "consumer", parent, { attributes, links });
}

function recordedTraces(received: readonly ReceivedEvent<EventEnvelope>[]): TraceContext[] {
  const recorded: TraceContext[] = [];
  for (const { trace } of received) if (trace?.sampled) recorded.push(trace);
  return recorded;
}
