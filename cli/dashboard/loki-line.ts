import type { LogLine } from "@plinth/local/page/model/log-line.ts";
import { toLevel } from "@plinth/local/page/sources/logs/log-document.ts";
import type { SecretMask } from "@plinth/local/page/sources/secrets.ts";

/** Fields of the log contract that a line shows elsewhere. */
const SHOWN = new Set([
  ...["level", "time", "service", "env", "version", "msg", "message"],
  ...["tenant_id", "trace_id", "span_id", "correlation_id"],
]);
const WHERE = ["namespace", "pod", "container", "node"];

/** A line of a container: JSON of the log contract, or any text. */
export function toLogLine(
  ns: string,
  text: string,
  labels: Record<string, string>,
  account: number,
  mask: SecretMask,
): LogLine {
  const record = parseRecord(text);
  const value = (name: string) => record[name] ?? labels[name];
  const tenant = Number(record.tenant_id);
  const where = WHERE.flatMap((name) => (labels[name] ? [[name, labels[name]] as const] : []));
  const fields = Object.entries(record).filter(([name]) => !SHOWN.has(name));
  return {
    timeNs: ns,
    account,
    service: labels.service ?? record.service ?? "",
    env: labels.env ?? record.env ?? "",
    version: labels.version ?? record.version ?? "",
    level: toLevel(value("level")),
    message: mask.text(record.msg ?? record.message ?? text),
    ...(record.tenant_id && Number.isSafeInteger(tenant) && { tenant }),
    ...(value("trace_id") && { traceId: value("trace_id") }),
    ...(value("span_id") && { spanId: value("span_id") }),
    ...(value("correlation_id") && { correlationId: value("correlation_id") }),
    fields: Object.fromEntries([...fields, ...where].map(([name, field]) => [name, mask.text(field)])),
  } as LogLine;
}

/** The fields of a JSON object as text; none for any other line. */
function parseRecord(text: string): Record<string, string | undefined> & Record<string, string> {
  if (!text.startsWith("{")) return {};
  try {
    const record = JSON.parse(text) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(record).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    );
  } catch {
    return {};
  }
}
