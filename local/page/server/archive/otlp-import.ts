import { parseLogs, parseSpans } from "../../../collector/otlp/decode-json.ts";
import type { OtlpAttributes, OtlpLogRecord, OtlpValue } from "../../../collector/otlp/otlp-value.ts";
import { toSpan, toSpanResource } from "../../../collector/otlp/to-span.ts";
import { LEVELS, type LogLine } from "../../model/log-line.ts";
import { PageError } from "../../model/page-error.ts";
import type { Span } from "../../model/span.ts";
import { ACCOUNT, SEVERITIES_OF_LEVEL } from "./otlp-export.ts";

export interface ReadArchive {
  stack: string;
  lines: LogLine[];
  spans: Span[];
}

/**
 * Objects and lists of a file, and its lines and spans. An export within its bytes has fewer; of
 * empty ones, 32 MiB would take a gigabyte and stop the collector for seconds.
 */
const MAX_CONTAINERS = 2_000_000;
const MAX_ITEMS = 300_000;
const [QUOTE, OPENING_BRACKET, BACKSLASH, OPENING_BRACE] = [0x22, 0x5b, 0x5c, 0x7b];
/** A file may be of any time. */
const ANY_TIME = { oldest: 0n, newest: 2n ** 63n };

/**
 * Reads an export, or another file of OTLP's JSON with spans or log records.
 *
 * @throws {@link PageError} 400, one sentence about what is wrong with it
 */
export function readArchive(content: string): ReadArchive {
  const file = parse(content);
  if (file.format !== undefined && (file.format !== "plinth-export" || file.version !== 1))
    throw new PageError(
      400,
      "This file was exported by a later version of the page: update the platform, or export it again",
    );
  if (file.resourceSpans === undefined && file.resourceLogs === undefined)
    throw new PageError(400, "This file is no export: it has neither resourceSpans nor resourceLogs");
  if (countItems(file, "resourceSpans", "scopeSpans", "spans") > MAX_ITEMS) throw tooMany();
  if (countItems(file, "resourceLogs", "scopeLogs", "logRecords") > MAX_ITEMS) throw tooMany();
  try {
    return {
      stack: typeof file.stack === "string" ? file.stack : "unknown",
      spans: readSpans(file),
      lines: parseLogs(file).flatMap(({ resource, items }) => items.map((record) => toLogLine(record, resource))),
    };
  } catch (error) {
    throw new PageError(400, `This file is no OTLP: ${(error as Error).message}`);
  }
}

/** @throws RangeError if it is no OTLP, or has a span without a valid id or start */
export function readSpans(request: object): Span[] {
  return parseSpans(request).flatMap(({ resource, items }) => {
    const given = toSpanResource(resource);
    return items.map((item) => {
      const span = toSpan(item, given, ANY_TIME);
      if (typeof span === "string")
        throw new RangeError(`a span has ${span === "invalid id" ? "an invalid id" : span}`);
      return span;
    });
  });
}

function parse(content: string): Record<string, unknown> {
  if (countContainers(content) > MAX_CONTAINERS) throw tooMany();
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new PageError(400, `This file is no export: it is not JSON (${(error as Error).message.slice(0, 120)})`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new PageError(400, "This file is no export: it is not a JSON object");
}

function tooMany(): PageError {
  return new PageError(
    413,
    `This file has more than ${MAX_ITEMS} lines or spans, or is no export: export a shorter time`,
  );
}

/** Objects and lists; brackets in texts are none. */
function countContainers(content: string): number {
  let count = 0;
  let isText = false;
  for (let at = 0; at < content.length; at++) {
    const code = content.charCodeAt(at);
    if (code === QUOTE) isText = !isText;
    else if (isText && code === BACKSLASH) at++;
    else if (!isText && (code === OPENING_BRACE || code === OPENING_BRACKET)) count++;
  }
  return count;
}

function countItems(file: Record<string, unknown>, resources: string, scopes: string, items: string): number {
  const list = (value: unknown, name: string): unknown[] => {
    const found = (value as Record<string, unknown> | null | undefined)?.[name];
    return Array.isArray(found) ? found : [];
  };
  return list(file, resources)
    .flatMap((resource) => list(resource, scopes))
    .reduce<number>((sum, scope) => sum + list(scope, items).length, 0);
}

function toLogLine(record: OtlpLogRecord, resource: OtlpAttributes): LogLine {
  const { "tenant.id": tenantId, correlation_id: correlationId, ...fields } = record.attributes;
  const timeNs = record.timeNs || record.observedNs;
  if (timeNs === 0n) throw new RangeError("a log record has no time");
  const tenant = Number(textOf(tenantId));
  return {
    timeNs: String(timeNs),
    account: Number(resource[ACCOUNT] ?? 0),
    service: textOf(resource["service.name"]),
    env: textOf(resource["deployment.environment.name"] ?? resource["deployment.environment"]),
    version: textOf(resource["service.version"]),
    level: LEVELS[Math.floor((record.severityNumber - 1) / SEVERITIES_OF_LEVEL)] ?? "info",
    message: textOf(record.body),
    ...(tenant > 0 && Number.isSafeInteger(tenant) && { tenant }),
    ...(record.traceId !== "" && { traceId: record.traceId }),
    ...(record.spanId !== "" && { spanId: record.spanId }),
    ...(correlationId !== undefined && { correlationId: textOf(correlationId) }),
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, textOf(value)])),
  };
}

function textOf(value: OtlpValue | undefined): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}
