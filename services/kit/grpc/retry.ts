import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { describeCaught, isInstance } from "../core/caught-value.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface RetriedCall<T> {
  method: DescMethod;
  signal: AbortSignal | undefined;
  timeoutMs: number;
  retryBudget: RetryBudget;
  /** @param leftMs whole milliseconds until the deadline, as gRPC sends them */
  attempt(leftMs: number): Promise<T>;
  /** Called before each further attempt. */
  onRetry(): void;
  /** Called instead when the budget allows none. */
  onBudgetExhausted(): void;
}

const MAX_ATTEMPTS = 4;
/**
 * Attempts beyond the budget after a closing connection refused the call. A server that keeps
 * refusing is overloaded.
 */
const MAX_REFUSED_RETRIES = 2;
const BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 500;
/** The system's error codes for a call that was never sent. */
const UNSENT_ERRORS = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);

/** Repeats the call until it succeeds or its failure is final. @throws ConnectError */
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
        // By the next turn the connection is known to be closing, and the attempt opens another.
        await nextTurn();
        continue;
      }
      // A random share of the pause, so that callers that failed together do not return together.
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
 * True if the server was away, and the call either may happen twice or certainly has not happened.
 */
function isRetryable(method: DescMethod, error: ConnectError): boolean {
  if (error.code !== Code.Unavailable) return false;
  return method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN || wasNeverSent(error) || isStreamRefused(error);
}

/**
 * True if a closing connection refused the call. Its server named the last call that it takes, or
 * Node's client refused before it had read that. No server has processed the call, so repeating it
 * is safe. Source: RFC 9113, 8.7.
 */
function isStreamRefused({ code, rawMessage }: ConnectError): boolean {
  return code === Code.Unavailable && rawMessage.includes("REFUSED_STREAM");
}

function wasNeverSent(error: ConnectError): boolean {
  return causeChain(error).some(
    ({ code, syscall }) => UNSENT_ERRORS.has(code ?? "") || (code === "ETIMEDOUT" && syscall === "connect"),
  );
}

/** A cause may lead back to its error. */
function causeChain(error: Error): NodeJS.ErrnoException[] {
  const chain: Error[] = [];
  for (let cause: unknown = error; isInstance(cause, Error) && !chain.includes(cause); cause = cause.cause)
    chain.push(cause);
  return chain;
}

/**
 * A lost connection ends its calls as canceled, aborted or internal, depending on what the
 * transport saw last. For a caller that did not give up, all of them mean that the server is away.
 */
export function lostConnectionAsUnavailable(reason: unknown, signal: AbortSignal | undefined): ConnectError {
  const error = toConnectError(reason);
  if (error.isWireError || signal?.aborted) return error;
  const lost = error.code === Code.Aborted || error.code === Code.Canceled || LOST_CONNECTION.test(error.rawMessage);
  return lost ? new ConnectError(error.rawMessage, Code.Unavailable, undefined, undefined, error) : error;
}

function toConnectError(reason: unknown): ConnectError {
  try {
    return ConnectError.from(reason);
  } catch {
    return new ConnectError(describeCaught(reason), Code.Unknown);
  }
}

const LOST_CONNECTION =
  /^http\/2 |^Stream closed with error code|session has been destroyed|missing (status|trailer|output message)|premature EOF/i;
