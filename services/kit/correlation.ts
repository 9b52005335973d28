import { randomUUID } from "node:crypto";

const CORRELATION = /^[\w.-]{1,128}$/;

/** The id of a request in logs, answers and events: the one that its sender gave, when it is one that a log can hold; a new one otherwise. */
export function correlationOf(given: unknown): string {
  return typeof given === "string" && CORRELATION.test(given) ? given : randomUUID();
}
