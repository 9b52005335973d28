import type { EventEnvelope } from "../core/event-envelope.ts";
import { runForTenant, runInTrace } from "../core/trace-context.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { startHandlerSpan } from "./handler-span.ts";
import type { ReceivedEvent } from "./received-event.ts";

/** Applies events that were read from `topic`. Returns how many were new. */
export type HandlerCall<Event extends EventEnvelope> = (
  received: readonly ReceivedEvent<Event>[],
  topic: string,
) => Promise<number>;

/** Runs the handler in the trace and with the correlation id of its events, and measures it. */
export function createHandlerCall<Event extends EventEnvelope>(
  apply: (received: readonly ReceivedEvent<Event>[]) => Promise<number>,
  { metrics, tracing, group }: { metrics: Metrics; tracing: Tracing; group: string },
): HandlerCall<Event> {
  const durations = metrics.histogram(kitMetrics.consumer_seconds);

  return async (received, topic) => {
    const tenantId = sharedTenant(received);
    const span = startHandlerSpan(tracing, received, { topic, group, tenantId });
    const { correlationId, baggage } = (received.length === 1 && received[0]) || {};
    const applyForTenant = () =>
      tenantId === undefined ? apply(received) : runForTenant(tenantId, () => apply(received));
    const startedAt = performance.now();
    try {
      const applied = await (span
        ? runInTrace(span.context, () => apply(received), { correlationId, baggage, tenantId })
        : applyForTenant());
      span?.end();
      return applied;
    } catch (error) {
      span?.end({ error });
      throw error;
    } finally {
      durations.labels(topic).observe((performance.now() - startedAt) / 1000, span?.context);
    }
  };
}

/** The tenant of all events; undefined if they belong to several. */
function sharedTenant([first, ...others]: readonly ReceivedEvent<EventEnvelope>[]): number | undefined {
  const tenantId = first?.event.tenant_id;
  return others.every(({ event }) => event.tenant_id === tenantId) ? tenantId : undefined;
}
