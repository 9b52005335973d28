import { NO_SPANS } from "../../../collector/span-document.ts";
import { INFRASTRUCTURE_ACCOUNT } from "../../../collector/store/account.ts";
import { LEVELS, type LogFilter } from "../../model/log-line.ts";

/** A text in LogsQL, which reads it as Go does: without the halves of a surrogate pair. */
export function quoteLogsql(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** As a pattern of RE2 that matches exactly this text. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/**
 * The query for the lines of one account. A line of a tenant is in the tenant's account, where it
 * was pushed for the tenant, or in the infrastructure's with the tenant in a field.
 *
 * @param until nanoseconds; only lines up to this time
 */
export function logQuery(filter: LogFilter, account: number, until?: string): string {
  const { services = [], level, text, tenant, traceId, spanId } = filter;
  const conditions = [
    NO_SPANS,
    services.length > 0 ? `service:in(${services.map(quoteLogsql).join(",")})` : undefined,
    level === undefined ? undefined : levelCondition(level),
    text === undefined ? undefined : textCondition(text),
    tenant !== undefined && account === INFRASTRUCTURE_ACCOUNT && tenant !== INFRASTRUCTURE_ACCOUNT
      ? `tenant_id:=${quoteLogsql(String(tenant))}`
      : undefined,
    traceId === undefined ? undefined : `trace_id:=${quoteLogsql(traceId)}`,
    spanId === undefined ? undefined : `span_id:=${quoteLogsql(spanId)}`,
    until === undefined ? undefined : `_time:<=${toRfc3339(until)}`,
  ];
  return conditions.filter((condition) => condition !== undefined).join(" ");
}

/** Any case, anywhere in the message, or the whole correlation id. */
function textCondition(text: string): string {
  return `(_msg:~${quoteLogsql(`(?i)${escapePattern(text)}`)} or correlation_id:=${quoteLogsql(text)})`;
}

/** Lines without a known level count as `info`. */
function levelCondition(level: NonNullable<LogFilter["level"]>): string | undefined {
  const index = LEVELS.indexOf(level);
  const names = (levels: readonly string[]) => levels.map(quoteLogsql).join(",");
  if (index > LEVELS.indexOf("info")) return `level:in(${names(LEVELS.slice(index))})`;
  return index === 0 ? undefined : `!level:in(${names(LEVELS.slice(0, index))})`;
}

/** Nanoseconds since 1970 as RFC 3339 with all nine digits: with fewer a whole second is meant. */
export function toRfc3339(ns: string): string {
  const digits = ns.padStart(10, "0");
  const seconds = Number(digits.slice(0, -9));
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${digits.slice(-9)}Z`;
}
