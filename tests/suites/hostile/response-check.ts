import { kitCodes } from "@plinth/kit/core/errors.ts";
import type { ReceivedResponse } from "../../support/api/http.ts";
import type { Attack } from "./attacks.ts";

/** Words of the service's internals, which no answer may contain. */
const INTERNAL =
  /node_modules|node:internal|\.ts:\d|\bat \w+ \(|ECONN|Error:|SQLSTATE|syntax error at|relation "|column "|violates|invalid byte|fastify|FST_|ajv|pg_|postgres|redis|kafka/i;

/** Returns a line unless the answer is a refusal with the error envelope and a known code. */
export function responseViolation(
  { what, statuses }: Attack,
  { status, text, headers }: ReceivedResponse,
  ownCodes: ReadonlySet<string>,
): string | undefined {
  const expected = statuses?.includes(status) ?? (status >= 400 && status < 500);
  if (!expected) return `${what}: answered ${status} ${text.slice(0, 200)}`;
  return status < 400 ? undefined : envelopeViolation(what, { status, text, headers }, ownCodes);
}

export function envelopeViolation(
  what: string,
  answered: Pick<ReceivedResponse, "status" | "text" | "headers">,
  ownCodes: ReadonlySet<string>,
): string | undefined {
  const { error } = envelope(answered.text);
  const { status, text, headers } = answered;
  if (error === undefined) return `${what}: ${status} without the envelope: ${text.slice(0, 200)}`;
  const known: number | undefined = (kitCodes as Record<string, number>)[error.code];
  if (known === undefined ? !ownCodes.has(error.code) : known !== status)
    return `${what}: ${status} with the code ${error.code}`;
  if (!error.message || !error.correlation_id) return `${what}: an incomplete envelope: ${text}`;
  if (headers["x-correlation-id"] !== undefined && headers["x-correlation-id"] !== error.correlation_id)
    return `${what}: two correlation ids`;
  return INTERNAL.test(text) ? `${what}: reveals internals: ${text.slice(0, 300)}` : undefined;
}

interface Envelope {
  error?: { code: string; message: string; correlation_id: string };
}

function envelope(text: string): Envelope {
  try {
    const { error } = JSON.parse(text) as Envelope;
    return typeof error === "object" && typeof error.code === "string" ? { error } : {};
  } catch {
    return {};
  }
}
