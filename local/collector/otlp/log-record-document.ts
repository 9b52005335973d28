import { toPushedDocument } from "../lines/pushed-line.ts";
import type { OtlpAttributes, OtlpLogRecord, OtlpValue } from "./otlp-value.ts";
import { nameOf } from "./to-span.ts";

/** From TRACE to FATAL, four numbers each. */
const SEVERITIES = ["trace", "debug", "info", "warn", "error", "fatal"];

/** JSON of the document of a log record: as a line that was pushed by its service. */
export function toLogRecordDocument(record: OtlpLogRecord, resource: OtlpAttributes, timeNs: bigint): string {
  const { "service.name": service, "service.version": version, ...others } = resource;
  const level = SEVERITIES[Math.ceil(record.severityNumber / 4) - 1] ?? record.severityText;
  const labels = {
    service: nameOf(service) || "unknown_service",
    ...(version === undefined ? {} : { version: nameOf(version) }),
    ...(level === "" ? {} : { level }),
  };
  const metadata = {
    ...textsOf(others),
    ...textsOf(record.attributes),
    ...(record.traceId === "" ? {} : { trace_id: record.traceId }),
    ...(record.spanId === "" ? {} : { span_id: record.spanId }),
  };
  return toPushedDocument(labels, metadata, textOf(record.body), timeNs);
}

function textsOf(attributes: OtlpAttributes): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: OtlpValue): string {
  return typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
}
