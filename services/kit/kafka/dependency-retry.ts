import { abortableSleep } from "../core/abortable-sleep.ts";
import { isSchemaMismatch, isTransient } from "../core/database-errors.ts";
import type { Logger } from "../core/logger.ts";
import type { FetchedBatch } from "./group-member.ts";

/** Thrown to leave work undone because the consumer stops; another member reads it again. */
export class ConsumerStopped extends Error {}

/**
 * Repeats `attempt`, with growing waits, while `isRetryable` says so of its error. @default while a
 * dependency is away, which no event is to blame for
 * @throws {@link ConsumerStopped}, or an error that is not retryable
 */
export type RetryWhile = <T>(
  batch: FetchedBatch,
  attempt: () => Promise<T>,
  isRetryable?: (error: unknown) => boolean,
) => Promise<T>;

const BACKOFF_MS = { first: 100, max: 1000 };

export function createRetryWhile(logger: Logger): RetryWhile {
  return async ({ signal, topic, partition }, attempt, isRetryable = isDependencyFailure) => {
    for (let waitMs = 0; ; waitMs = Math.min(waitMs * 2 || BACKOFF_MS.first, BACKOFF_MS.max)) {
      if (waitMs > 0) await abortableSleep(waitMs, signal);
      if (signal.aborted) throw new ConsumerStopped();
      try {
        return await attempt();
      } catch (error) {
        if (!isRetryable(error)) throw error;
        logger.warn({ err: error, topic, partition }, "events wait for a dependency");
      }
    }
  };
}

/** For decoding and dead letters, which need only registry and broker: both come back. */
export const retryAlways = () => true;

const isDependencyFailure = (error: unknown) => isTransient(error) || isSchemaMismatch(error);
