import { randomUUID } from "node:crypto";

const CORRELATION_ID = /^[\w.-]{1,128}$/;

/**
 * The id of a request in logs, answers and events: the sender's own if a log line can hold it,
 * otherwise a new one.
 */
export function resolveCorrelationId(given: unknown): string {
  return typeof given === "string" && CORRELATION_ID.test(given) ? given : randomUUID();
}
