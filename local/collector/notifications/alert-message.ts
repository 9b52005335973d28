import { UserError } from "../../user-error.ts";
import { jsonText } from "../lines/text.ts";

/** An alert as Alertmanager's API and webhooks write it. */
export interface AlertMessage {
  status: "firing" | "resolved";
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** RFC 3339. */
  startsAt: string;
  /** RFC 3339; of a firing alert `0001-01-01T00:00:00Z`. */
  endsAt: string;
  generatorURL: string;
  fingerprint: string;
}

/** An alert with the time at which it ends unless it is sent again. */
export interface ReceivedAlert {
  message: AlertMessage;
  /** Milliseconds since 1970. */
  expiresAt?: number;
}

export const NO_END = "0001-01-01T00:00:00Z";
const MAX_PAIRS = 64;
const MAX_CHARS = 2000;

/**
 * Alerts of `POST /api/v2/alerts`, an array, or of a webhook of Alertmanager, an object.
 *
 * @throws UserError for anything else
 */
export function parseAlerts(body: unknown, now: number): ReceivedAlert[] {
  const list = Array.isArray(body) ? body : (body as { alerts?: unknown } | null)?.alerts;
  if (!Array.isArray(list))
    throw new UserError("The body is not a list of alerts: send an array as to Alertmanager's /api/v2/alerts");
  return list.map((item) => parseAlert(item, now));
}

function parseAlert(item: unknown, now: number): ReceivedAlert {
  const given = (item ?? {}) as Record<string, unknown>;
  const labels = texts(given.labels);
  if (!labels.alertname) throw new UserError("An alert has no label 'alertname': name its rule there");
  const endsAt = typeof given.endsAt === "string" ? Date.parse(given.endsAt) : Number.NaN;
  // Year 1 is Go's way to say that there is no time.
  const hasEnd = endsAt > 0;
  const isResolved = given.status === "resolved" || (hasEnd && endsAt <= now);
  const startsAt = typeof given.startsAt === "string" ? Date.parse(given.startsAt) : Number.NaN;
  return {
    message: {
      status: isResolved ? "resolved" : "firing",
      labels,
      annotations: texts(given.annotations),
      startsAt: new Date(startsAt > 0 ? startsAt : now).toISOString(),
      endsAt: isResolved ? new Date(hasEnd ? Math.min(endsAt, now) : now).toISOString() : NO_END,
      generatorURL: typeof given.generatorURL === "string" ? given.generatorURL.slice(0, MAX_CHARS) : "",
      fingerprint: fingerprintOf(labels),
    },
    ...(hasEnd && !isResolved ? { expiresAt: endsAt } : {}),
  };
}

function texts(value: unknown): Record<string, string> {
  const pairs = Object.entries(typeof value === "object" && value !== null ? value : {});
  return Object.fromEntries(
    pairs
      .slice(0, MAX_PAIRS)
      .map(([name, text]) => [name, (typeof text === "string" ? text : jsonText(text)).slice(0, MAX_CHARS)]),
  );
}

/** FNV-1a of the sorted labels, in 64 bits as Alertmanager's. */
function fingerprintOf(labels: Record<string, string>): string {
  let hash = 0xcbf29ce484222325n;
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const byte of Buffer.from(sorted.map(([name, value]) => `${name}\u00ff${value}\u00ff`).join("")))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
