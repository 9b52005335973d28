import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { RetryBudget } from "./retry-budget.ts";

export interface RetriedCall<T> {
  method: DescMethod;
  signal: AbortSignal | undefined;
  timeoutMs: number;
  retryBudget: RetryBudget;
  /** @param leftMs until the deadline; whole ones, as gRPC sends them */
  attempt(leftMs: number): Promise<T>;
  /** Of each further attempt: made, or not for want of budget. */
  onRetry(): void;
  onBudgetExhausted(): void;
}

const MAX_ATTEMPTS = 4;
/**
 * Attempts past the budget that a connection which is closing may cost a call. A server that goes
 * on refusing is overloaded.
 */
const MAX_REFUSED_RETRIES = 2;
const BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 500;
/** The system's words for a call that never left. */
const UNSENT_ERRORS = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);

/** Attempts until one succeeds, or the failure is not worth another one. @throws ConnectError */
export async function retryCall<T>({
  method,
  signal,
  timeoutMs,
  retryBudget,
  attempt,
  onRetry,
  onBudgetExhausted,
}: RetriedCall<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  retryBudget.recordCall();
  for (let count = 1, refused = 0; ; ) {
    try {
      return await attempt(Math.max(1, Math.ceil(deadline - performance.now())));
    } catch (reason) {
      const error = lostConnectionAsUnavailable(reason, signal);
      if (isStreamRefused(error) && ++refused <= MAX_REFUSED_RETRIES) {
        // Until the connection is known to be closing; the next attempt then makes another one.
        await nextTurn();
        continue;
      }
      // Anything between nothing and the whole, so that all who failed together do not come back
      // together.
      const pauseMs = Math.random() * Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** count);
      if (count === MAX_ATTEMPTS || !isRetryable(method, error) || performance.now() + pauseMs >= deadline) throw error;
      if (!retryBudget.tryTake()) {
        onBudgetExhausted();
        throw error;
      }
      onRetry();
      count++;
      await sleep(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => Promise.reject(error));
    }
  }
}

/**
 * Only a server that is away; and only what may happen twice, unless it certainly has not happened
 * once.
 */
function isRetryable(method: DescMethod, error: ConnectError): boolean {
  if (error.code !== Code.Unavailable) return false;
  return method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN || wasNeverSent(error) || isStreamRefused(error);
}

/**
 * Of a connection that is closing, whose server said which calls it still takes; Node's client too
 * refuses so in the moment before it has read it. No server has seen the call, so to make it again
 * costs none anything. Source: RFC 9113, 8.7.
 */
function isStreamRefused({ code, rawMessage }: ConnectError): boolean {
  return code === Code.Unavailable && rawMessage.includes("REFUSED_STREAM");
}

function wasNeverSent(error: ConnectError): boolean {
  return causeChain(error).some(
    ({ code, syscall }) => UNSENT_ERRORS.has(code ?? "") || (code === "ETIMEDOUT" && syscall === "connect"),
  );
}

function causeChain(error: unknown): NodeJS.ErrnoException[] {
  return error instanceof Error ? [error, ...causeChain(error.cause)] : [];
}

/**
 * A connection that is lost ends its calls as canceled, aborted or internal, by what the transport
 * saw last. For a caller that did not give up itself it is all one: the server is away.
 */
export function lostConnectionAsUnavailable(reason: unknown, signal: AbortSignal | undefined): ConnectError {
  const error = ConnectError.from(reason);
  if (error.isWireError || signal?.aborted) return error;
  const lost = error.code === Code.Aborted || error.code === Code.Canceled || LOST_CONNECTION.test(error.rawMessage);
  return lost ? new ConnectError(error.rawMessage, Code.Unavailable, undefined, undefined, error) : error;
}

const LOST_CONNECTION =
  /^http\/2 |^Stream closed with error code|session has been destroyed|missing (status|trailer|output message)|premature EOF/i;
