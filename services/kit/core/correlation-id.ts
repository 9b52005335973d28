import { randomUUID } from "node:crypto";

const CORRELATION_ID = /^[\w.-]{1,128}$/;

/**
 * The id of a request in logs, answers and events: the one that its sender gave, when it is one
 * that a log can hold; a new one otherwise.
 */
export function resolveCorrelationId(given: unknown): string {
  return typeof given === "string" && CORRELATION_ID.test(given) ? given : randomUUID();
}
