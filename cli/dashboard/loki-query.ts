import { LEVELS, type LogFilter } from "@plinth/local/page/model/log-line.ts";
import { escapePattern } from "@plinth/local/page/sources/logs/logsql.ts";

/** A text in LogQL, which reads it as Go does: without the halves of a surrogate pair. */
export function quoteLogql(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/**
 * LogQL for the lines that match a filter; time and tenant are given apart. Level, trace and span
 * are structured metadata (see components/observability/kubernetes/alloy-logs.ts).
 */
export function lokiQuery({ services = [], level, text, traceId, spanId }: LogFilter): string {
  const names = services.map(escapePattern).join("|");
  return [
    `{service=~${quoteLogql(names === "" ? ".+" : names)}}`,
    text === undefined ? undefined : `|~ ${quoteLogql(textPattern(text))}`,
    level === undefined ? undefined : levelCondition(level),
    traceId === undefined ? undefined : `| trace_id=${quoteLogql(traceId)}`,
    spanId === undefined ? undefined : `| span_id=${quoteLogql(spanId)}`,
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** In any case, as it is or as a line of JSON escapes it. */
function textPattern(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1);
  return `(?i)(${[...new Set([text, escaped])].map(escapePattern).join("|")})`;
}

/** Lines without a known level count as `info`. */
function levelCondition(level: NonNullable<LogFilter["level"]>): string | undefined {
  const index = LEVELS.indexOf(level);
  if (index > LEVELS.indexOf("info")) return `| level=~"${LEVELS.slice(index).join("|")}"`;
  return index === 0 ? undefined : `| level!~"${LEVELS.slice(0, index).join("|")}"`;
}
