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

/** Of one batch; as many as a span may have links. */
const MAX_TRACES = 128;

/**
 * The span in which a consumer handles events; undefined when they have no trace.
 *
 * One event is handled in its own trace, recorded or not, so that log lines have its ids. Several
 * are handled in the trace of the first that is recorded, and the span links to all that are. Each
 * of those has a span of the same time, too, which links to it: every trace shows its own event. If
 * none is recorded, they have no trace: log lines are about all of them, and the ids of one would
 * blame a single request, perhaps of another tenant.
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
  const name = `process ${topic}`;
  const span = tracing.startSpan(name, "consumer", parent, { attributes, links });
  const others = onePerTrace(links, span.context).map((other) =>
    tracing.startSpan(name, "consumer", other, { attributes, links: [span.context] }),
  );
  if (others.length === 0) return span;
  return {
    context: span.context,
    end(outcome) {
      for (const each of [span, ...others]) each.end(outcome);
    },
  };
}

/** The first context of each trace but `handled`'s. */
function onePerTrace(traces: readonly TraceContext[], handled: TraceContext): TraceContext[] {
  const byTrace = new Map<string, TraceContext>();
  for (const trace of traces) {
    if (byTrace.size === MAX_TRACES) break;
    if (trace.traceId !== handled.traceId && !byTrace.has(trace.traceId)) byTrace.set(trace.traceId, trace);
  }
  return [...byTrace.values()];
}

function recordedTraces(received: readonly ReceivedEvent<EventEnvelope>[]): TraceContext[] {
  const recorded: TraceContext[] = [];
  for (const { trace } of received) if (trace?.sampled) recorded.push(trace);
  return recorded;
}
