import { SPANS } from "../../../collector/span-document.ts";
import type { TraceFilter } from "../../model/span.ts";
import { escapePattern, quoteLogsql } from "../logs/logsql.ts";

/** LogsQL for the spans that match a filter; its time range is given apart. */
export function spanQuery(filter: TraceFilter): string {
  const { service, name, tenant, status, minDurationMs, attribute } = filter;
  const conditions = [
    SPANS,
    service === undefined ? undefined : `service:=${quoteLogsql(service)}`,
    name === undefined ? undefined : `_msg:~${quoteLogsql(`(?i)${escapePattern(name)}`)}`,
    tenant === undefined ? undefined : `tenant_id:=${quoteLogsql(String(tenant))}`,
    status === undefined ? undefined : `status:=${quoteLogsql(status)}`,
    minDurationMs === undefined ? undefined : `duration_ns:>=${Math.round(minDurationMs * 1e6)}`,
    attribute === undefined ? undefined : attributeCondition(attribute),
  ];
  return conditions.filter((condition) => condition !== undefined).join(" ");
}

/**
 * Attributes are kept as the JSON text of an object. A value is looked for as text and, where it
 * can be one, as number or boolean.
 */
function attributeCondition(attribute: string): string {
  const at = attribute.indexOf("=");
  const [key, value] = [attribute.slice(0, at), attribute.slice(at + 1)];
  const isLiteral = /^(true|false|-?\d+(\.\d+)?)$/.test(value);
  const values = [JSON.stringify(value), ...(isLiteral ? [value] : [])].map(escapePattern).join("|");
  return `attributes:~${quoteLogsql(`[{,]${escapePattern(JSON.stringify(key))}:(${values})[,}]`)}`;
}
