import type { TraceContext } from "../core/trace-context.ts";
import type { SpanKind } from "./span.ts";

/** Decides which traces are recorded. */
export interface Sampler {
  /** @param parent undefined if the trace begins here */
  samples(kind: SpanKind, parent: TraceContext | undefined): boolean;
}

/** Traces that callers ask to record, for each that begins here. */
const RECEIVED_FACTOR = 5;
/** Unused turns are saved this long, so that every trace of a quiet service is recorded. */
const BURST_SECONDS = 10;

/** Records the given share of the traces that begin here, and each that its caller records. */
export function createRatioSampler(ratio: number): Sampler {
  return { samples: (_kind, parent) => parent?.sampled ?? (ratio > 0 && Math.random() < ratio) };
}

/**
 * Records every trace while there are few, and a steady number a second under load, where another
 * thousand of the same tell nothing more. Callers get a larger number: their traces stay complete,
 * and yet a stranger whose every request asks for it cannot have everything recorded.
 */
export function createRateSampler(tracesPerSecond: number, now = () => performance.now()): Sampler {
  const begun = createTokenBucket(tracesPerSecond, now);
  // Events of requests that were not recorded name no trace. They may not take the requests' turns.
  const handled = createTokenBucket(tracesPerSecond, now);
  const received = createTokenBucket(RECEIVED_FACTOR * tracesPerSecond, now);
  return {
    samples(kind, parent) {
      if (parent === undefined) return kind === "consumer" ? handled() : begun();
      return parent.sampled && (kind !== "server" || received());
    },
  };
}

/** Returns a function that takes one token and returns whether there was one. */
function createTokenBucket(perSecond: number, now: () => number): () => boolean {
  const capacity = perSecond * BURST_SECONDS;
  let tokens = capacity;
  let filledAt = now();
  return () => {
    if (tokens < 1) {
      const at = now();
      tokens = Math.min(capacity, tokens + ((at - filledAt) / 1000) * perSecond);
      filledAt = at;
      if (tokens < 1) return false;
    }
    tokens--;
    return true;
  };
}
