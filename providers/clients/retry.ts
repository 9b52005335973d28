import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";
import { errorReason, isSilence, UnreachableError } from "./errors.ts";

export interface RetryOptions {
  /** Milliseconds from the first try to the last. */
  deadlineMs: number;
  /** Whether another try could help. */
  isTransient(error: unknown): boolean;
}

/**
 * Calls `attempt` until it succeeds, fails for good, or the deadline passes. Throws its last error;
 * at the deadline the last that gives a reason, because the last attempt has little time left.
 */
export async function retry<T>(
  { deadlineMs, isTransient }: RetryOptions,
  attempt: (remainingMs: number) => Promise<T>,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  let refusal: unknown;
  for (let delay = 50; ; delay = Math.min(delay * 2, 500)) {
    try {
      return await attempt(Math.max(end - Date.now(), 1));
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (!isSilence(error)) refusal = error;
      if (Date.now() + delay >= end) throw refusal ?? error;
    }
    await pause(delay);
  }
}

export interface ServerOptions extends RetryOptions {
  /** Subject of the error's sentence, as in "the cache redis://localhost:6379"; no password. */
  server: string;
  /** @default errorReason */
  describeError?(error: unknown): string;
}

/**
 * Retries a request to a server. Throws a {@link UserError} that names the server, or an
 * {@link UnreachableError} if the deadline has passed.
 */
export async function requestServer<T>(
  { server, describeError = errorReason, ...options }: ServerOptions,
  attempt: (remainingMs: number) => Promise<T>,
): Promise<T> {
  return retry(options, attempt).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    const sentence = (waited: string) => `${server} did not serve the request${waited}: ${describeError(error)}`;
    if (!options.isTransient(error)) throw new UserError(sentence(""));
    throw new UnreachableError(sentence(` within ${Math.round(options.deadlineMs / 1000)} s`));
  });
}
