import { toNanoseconds } from "../../../collector/span-document.ts";
import type { StoredDocument } from "../../../collector/store/victoria-logs.ts";
import { LEVELS, type Level, type LogLine } from "../../model/log-line.ts";
import type { SecretMask } from "../secrets.ts";

/** Fields that a line shows elsewhere, and those of the store. */
const HIDDEN = new Set([
  ...["_time", "_msg", "_stream", "_stream_id", "service", "env", "version", "level", "time", "msg"],
  ...["tenant_id", "trace_id", "span_id", "correlation_id", "origin"],
]);

export function toLogLine(document: StoredDocument, account: number, mask: SecretMask): LogLine {
  const { _time = "", _msg = "", service = "", env = "", version = "", level, tenant_id } = document;
  const fields = Object.entries(document).filter(([name, value]) => !HIDDEN.has(name) && value !== "");
  const tenant = Number(tenant_id);
  return {
    timeNs: toNanoseconds(_time),
    account,
    service,
    env,
    version,
    level: toLevel(level),
    message: mask.text(_msg),
    ...(tenant_id && Number.isSafeInteger(tenant) && { tenant }),
    ...(document.trace_id && { traceId: document.trace_id }),
    ...(document.span_id && { spanId: document.span_id }),
    ...(document.correlation_id && { correlationId: mask.text(document.correlation_id) }),
    fields: Object.fromEntries(fields.map(([name, value]) => [name, mask.text(value)])),
  };
}

export function toLevel(text: string | undefined): Level {
  return LEVELS.find((level) => level === text?.toLowerCase()) ?? "info";
}
