import type { EventEnvelope } from "../core/event-envelope.ts";
import type { TraceContext } from "../core/trace-context.ts";

/** A decoded event with what its record's headers say. */
export interface ReceivedEvent<Event extends EventEnvelope> {
  event: Event;
  /** Id of the request that caused the event; undefined if its producer sent none. */
  correlationId: string | undefined;
  /** Trace in which the event was published; undefined if its producer sent none. */
  trace: TraceContext | undefined;
  /** The `baggage` header of the request; undefined when its producer sent none. */
  baggage?: string | undefined;
}

/** Thrown by a handler for well-formed Avro that makes no sense: no retry changes that. */
export class PoisonEvent extends Error {}
