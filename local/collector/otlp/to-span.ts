import type { Attributes, Span, SpanKind } from "../../page/model/span.ts";
import { cleanText, cutText } from "../lines/text.ts";
import { addAttributes, SpanBudget } from "./bounded-attributes.ts";
import type { OtlpAttributes, OtlpSpan } from "./otlp-value.ts";

const KINDS: readonly SpanKind[] = ["internal", "internal", "server", "client", "producer", "consumer"];
const STATUSES: readonly Span["status"][] = ["unset", "ok", "error"];
const MAX_NAME_CHARS = 1024;
const MAX_EVENTS = 128;
const MAX_LINKS = 128;

/** Times of spans that the store takes, in nanoseconds since 1970. */
export interface SpanTimes {
  oldest: bigint;
  newest: bigint;
}

/** What is said of every span of a resource. */
export interface SpanResource {
  service: string;
  version: string;
  attributes: OtlpAttributes;
}

export function toSpanResource(resource: OtlpAttributes): SpanResource {
  const { "service.name": service, "service.version": version, ...others } = resource;
  const kept = Object.entries(others).filter(([name]) => !name.startsWith("telemetry.sdk."));
  return {
    service: nameOf(service) || "unknown_service",
    version: nameOf(version),
    attributes: Object.fromEntries(kept),
  };
}

/** A span within bounds, or the reason for which it is not kept. */
export function toSpan(given: OtlpSpan, resource: SpanResource, times: SpanTimes): Span | string {
  if (!isId(given.traceId, 32) || !isId(given.spanId, 16)) return "invalid id";
  if (given.startNs === 0n) return "no start time";
  if (given.startNs < times.oldest) return "too old";
  if (given.startNs > times.newest) return "too far ahead";
  const attributes: Attributes = {};
  const budget = new SpanBudget();
  addAttributes(attributes, given.attributes, budget);
  addAttributes(attributes, resource.attributes, budget);
  const durationNs = durationOf(given, attributes);
  const tenant = Number(attributes["tenant.id"]);
  const events = boundEvents(given.events, budget, attributes);
  const links = given.links.filter(({ traceId, spanId }) => isId(traceId, 32) && isId(spanId, 16));
  if (links.length > MAX_LINKS) attributes["cut.links"] = links.length - MAX_LINKS;
  return {
    traceId: given.traceId,
    spanId: given.spanId,
    ...(isId(given.parentSpanId, 16) ? { parentSpanId: given.parentSpanId } : {}),
    service: resource.service,
    version: resource.version,
    name: cutText(cleanText(given.name), MAX_NAME_CHARS) || "(no name)",
    kind: KINDS[given.kind] ?? "internal",
    startNs: given.startNs.toString(),
    durationNs,
    status: STATUSES[given.statusCode] ?? "unset",
    ...(given.statusMessage === "" ? {} : { statusMessage: cutText(given.statusMessage, MAX_NAME_CHARS) }),
    ...(Number.isSafeInteger(tenant) && tenant > 0 ? { tenant } : {}),
    attributes,
    events,
    links: links.slice(0, MAX_LINKS),
  };
}

/** A span that has no end, or one before its start, has no duration, and says why. */
function durationOf({ startNs, endNs }: OtlpSpan, attributes: Attributes): number {
  if (endNs >= startNs) return Number(endNs - startNs);
  if (endNs === 0n) attributes["cut.end"] = "the span has no end";
  else attributes["cut.end"] = `the span ends ${startNs - endNs} ns before it starts`;
  return 0;
}

function boundEvents(given: OtlpSpan["events"], budget: SpanBudget, attributes: Attributes): Span["events"] {
  const events: Span["events"] = [];
  for (const { timeNs, name, attributes: its } of given) {
    if (events.length === MAX_EVENTS || !budget.take(40 + Math.min(name.length, MAX_NAME_CHARS))) break;
    const kept: Attributes = {};
    addAttributes(kept, its, budget);
    events.push({ timeNs: timeNs.toString(), name: cutText(name, MAX_NAME_CHARS), attributes: kept });
  }
  if (events.length < given.length) attributes["cut.events"] = given.length - events.length;
  return events;
}

function isId(id: string, digits: number): boolean {
  return id.length === digits && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
}

/** Name or version of a service: a field of the store's streams. */
export function nameOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? cutText(cleanText(String(value)), 256) : "";
}
