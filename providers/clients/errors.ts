import { setTimeout as pause } from "node:timers/promises";
import type { CheckFailure } from "../dynamic-resource.ts";

/** The engine's placeholder for a value that is not known before `up`; checks pass it by. */
const UNKNOWN_VALUE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isUnknown = (value: unknown): boolean => value === undefined || value === UNKNOWN_VALUE;

/** Whether any value inside is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}

/**
 * Mistakes for `check` to return. They name no property: the engine would print its value beside
 * the reason, that of a secret as plainly as any other.
 */
export function toCheckFailures(reasons: readonly string[]): CheckFailure[] {
  return reasons.map((reason) => ({ property: "", reason }));
}

/**
 * Node's code of a system error, PostgreSQL's SQLSTATE; undefined where there is none. Looks into
 * causes and aggregates.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === "string") return code;
  return errorCode(cause) ?? (errors === undefined ? undefined : errorCode(errors[0]));
}

/**
 * What went wrong in a few words; an aggregate (localhost tried as IPv6 and IPv4) has an empty
 * message, so its first cause speaks.
 */
export function errorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return errorReason(error.errors[0]);
  if (error.message === "fetch failed" && error.cause !== undefined) return errorReason(error.cause);
  return error.message;
}

const LOST_CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "UND_ERR_SOCKET",
]);

/**
 * The connection could not be made or broke: worth another try, since the other side may just be
 * starting.
 */
export const isLostConnection = (error: unknown): boolean => LOST_CONNECTION_CODES.has(errorCode(error) ?? "");

/**
 * Without the password, and without parameters, which may hold one;
 * `postgresql://app:secret@db:5432/app` → `postgresql://app@db:5432/app`.
 */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return "(not a URL)";
  const parsed = new URL(url);
  parsed.password = "";
  parsed.search = "";
  return parsed.href;
}

export interface RetryOptions {
  /** Milliseconds from the first try to the last. */
  deadlineMs: number;
  /** Whether another try could help. */
  isTransient(error: unknown): boolean;
}

/**
 * Calls `attempt` until it succeeds, fails for good, or the deadline has passed; then the last
 * error is thrown as it is.
 */
export async function retry<T>(
  { deadlineMs, isTransient }: RetryOptions,
  attempt: (remainingMs: number) => Promise<T>,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (let delay = 50; ; delay = Math.min(delay * 2, 500)) {
    try {
      return await attempt(Math.max(end - Date.now(), 1));
    } catch (error) {
      if (!isTransient(error) || Date.now() + delay >= end) throw error;
    }
    await pause(delay);
  }
}

/**
 * Runs `work` over `items`, at most `limit` at a time; results in the order of the items. The first
 * failure stops it.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      results[index] = await work(items[index]!).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
