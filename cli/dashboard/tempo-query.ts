import type { TraceFilter } from "@plinth/local/page/model/span.ts";
import { escapePattern } from "@plinth/local/page/sources/logs/logsql.ts";

/** TraceQL for traces with a span that matches a filter; time is given apart. */
export function traceQuery({ service, name, tenant, status, minDurationMs, attribute }: TraceFilter): string {
  const conditions = [
    service === undefined ? undefined : `resource.service.name = ${quote(service)}`,
    name === undefined ? undefined : `name =~ ${quote(`(?i).*${escapePattern(name)}.*`)}`,
    tenant === undefined ? undefined : `span.tenant.id = ${quote(String(tenant))}`,
    status === undefined ? undefined : `status = ${status}`,
    minDurationMs === undefined ? undefined : `duration >= ${Math.round(minDurationMs * 1000)}us`,
    attribute === undefined ? undefined : attributeCondition(attribute),
  ];
  return `{ ${conditions.filter((condition) => condition !== undefined).join(" && ")} }`;
}

/** A value that can be a number or boolean is looked for as such, too. */
function attributeCondition(attribute: string): string {
  const at = attribute.indexOf("=");
  const [key, value] = [`span.${quote(attribute.slice(0, at))}`, attribute.slice(at + 1)];
  const isLiteral = /^(true|false|-?\d+(\.\d+)?)$/.test(value);
  const asText = `${key} = ${quote(value)}`;
  return isLiteral ? `(${asText} || ${key} = ${value})` : asText;
}

function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
