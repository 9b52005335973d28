import type { EventEnvelope } from "../core/event-envelope.ts";
import { runInTrace } from "../core/trace-context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Span } from "../telemetry/span.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { ReceivedEvent } from "./received-event.ts";

/** Applies events that were read from `topic`. Returns how many were new. */
export type HandlerCall<Event extends EventEnvelope> = (
  received: readonly ReceivedEvent<Event>[],
  topic: string,
) => Promise<number>;

/** Runs the handler in the trace and with the correlation id of its events, and measures it. */
export function createHandlerCall<Event extends EventEnvelope>(
  apply: (received: readonly ReceivedEvent<Event>[]) => Promise<number>,
  { metrics, tracing }: { metrics: Metrics; tracing: Tracing },
): HandlerCall<Event> {
  const durations = metrics.histogram("consumer_seconds", "Of one call of the handler", ["topic"]);

  /**
   * One event continues its own trace, recorded or not, so that log lines have its ids. Several
   * continue the first recorded trace, or none: their log lines concern all of them, and one
   * event's ids would attribute them to a single request, perhaps of another tenant.
   */
  function startHandlerSpan(received: readonly ReceivedEvent<Event>[], topic: string): Span | undefined {
    const [only] = received;
    const alone = received.length === 1 && (only?.trace ?? only?.correlationId) !== undefined;
    const parent = alone ? only?.trace : received.find(({ trace }) => trace?.sampled)?.trace;
    return alone || parent
      ? tracing.startSpan(`consume ${topic}`, "consumer", parent, { events: received.length })
      : undefined;
  }

  return async (received, topic) => {
    const span = startHandlerSpan(received, topic);
    const correlationId = received.length === 1 ? received[0]?.correlationId : undefined;
    const begun = performance.now();
    try {
      const applied = await (span ? runInTrace(span.context, () => apply(received), correlationId) : apply(received));
      span?.end();
      return applied;
    } catch (error) {
      span?.end({ error });
      throw error;
    } finally {
      durations.labels(topic).observe((performance.now() - begun) / 1000);
    }
  };
}
