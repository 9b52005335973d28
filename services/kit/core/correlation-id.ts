import { randomUUID } from "node:crypto";

const CORRELATION_ID = /^[\w.-]{1,128}$/;

/**
 * The id of a request in logs, answers and events: the sender's own if a log line can hold it,
 * otherwise a new one.
 */
export function resolveCorrelationId(given: unknown): string {
  return parseCorrelationId(given) ?? randomUUID();
}

/** The sender's id if a log line can hold it; undefined otherwise. */
export function parseCorrelationId(given: unknown): string | undefined {
  return typeof given === "string" && CORRELATION_ID.test(given) ? given : undefined;
}
