import { MAX_LINES, MAX_TRACES } from "../../model/api.ts";
import { LEVELS, type Level, type LogFilter } from "../../model/log-line.ts";
import { PageError } from "../../model/page-error.ts";
import type { TraceFilter } from "../../model/span.ts";

const MAX_TEXT = 1000;
const MAX_SERVICES = 50;
const MAX_EXPRESSION = 8000;
/** VictoriaMetrics and Prometheus refuse more points a series than this. */
const MAX_POINTS = 11_000;

export function parseLogFilter(query: URLSearchParams): LogFilter {
  const services = query.getAll("service").filter((name) => name !== "");
  if (services.length > MAX_SERVICES) throw new PageError(400, `At most ${MAX_SERVICES} services can be chosen`);
  const level = optionalText(query, "level");
  if (level !== undefined && !LEVELS.includes(level as Level))
    throw new PageError(400, `level must be one of ${LEVELS.join(", ")}, not '${level}'`);
  return withoutUndefined({
    services: services.length > 0 ? services : undefined,
    level: level as Level | undefined,
    text: optionalText(query, "text"),
    tenant: optionalWhole(query, "tenant", 0, 4_294_967_295),
    traceId: optionalHex(query, "trace", 32),
    spanId: optionalHex(query, "span", 16),
    ...timeRange(query),
  });
}

export function parseTraceFilter(query: URLSearchParams): TraceFilter {
  const status = optionalText(query, "status");
  if (status !== undefined && status !== "error") throw new PageError(400, "status can only be 'error'");
  const attribute = optionalText(query, "attribute");
  if (attribute !== undefined && !/^[^=]+=/.test(attribute))
    throw new PageError(400, `attribute must be key=value, such as http.route=/v1/bets, not '${attribute}'`);
  return withoutUndefined({
    service: optionalText(query, "service"),
    name: optionalText(query, "name"),
    tenant: optionalWhole(query, "tenant", 0, 4_294_967_295),
    status: status as "error" | undefined,
    minDurationMs: optionalNumber(query, "minDuration"),
    attribute,
    ...timeRange(query),
  });
}

export function lineLimit(query: URLSearchParams): number {
  return optionalWhole(query, "limit", 1, MAX_LINES) ?? 500;
}

export function traceLimit(query: URLSearchParams): number {
  return optionalWhole(query, "limit", 1, MAX_TRACES) ?? 100;
}

/** Times in seconds. */
export function metricRange(query: URLSearchParams): { expr: string; from: number; to: number; step: number } {
  const expr = requiredText(query, "expr", MAX_EXPRESSION);
  const to = optionalNumber(query, "to") ?? Date.now() / 1000;
  const from = optionalNumber(query, "from") ?? to - 900;
  const step = optionalNumber(query, "step") ?? Math.max(5, (to - from) / 200);
  if (!(from < to)) throw new PageError(400, "from must be before to");
  if (!(step > 0) || (to - from) / step > MAX_POINTS)
    throw new PageError(400, `step must leave at most ${MAX_POINTS} points: choose a longer one`);
  return { expr, from, to, step };
}

export function requiredText(query: URLSearchParams, name: string, limit = MAX_TEXT): string {
  const value = optionalText(query, name, limit);
  if (value === undefined) throw new PageError(400, `The parameter '${name}' is missing`);
  return value;
}

export function optionalText(query: URLSearchParams, name: string, limit = MAX_TEXT): string | undefined {
  const value = query.get(name) ?? "";
  if (value.length > limit) throw new PageError(400, `The parameter '${name}' is longer than ${limit} characters`);
  return value === "" ? undefined : value;
}

export function optionalWhole(query: URLSearchParams, name: string, min: number, max: number): number | undefined {
  const value = optionalNumber(query, name);
  if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max))
    throw new PageError(400, `${name} must be a whole number from ${min} to ${max}`);
  return value;
}

function optionalNumber(query: URLSearchParams, name: string): number | undefined {
  const text = optionalText(query, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new PageError(400, `${name} must be a number of at least 0, not '${text.slice(0, 50)}'`);
  return value;
}

function optionalHex(query: URLSearchParams, name: string, digits: number): string | undefined {
  const value = optionalText(query, name)?.toLowerCase();
  if (value !== undefined && !new RegExp(`^[0-9a-f]{${digits}}$`).test(value))
    throw new PageError(400, `${name} must be ${digits} hexadecimal digits`);
  return value;
}

function timeRange(query: URLSearchParams): { from: number | undefined; to: number | undefined } {
  const [from, to] = [optionalNumber(query, "from"), optionalNumber(query, "to")];
  if (from !== undefined && to !== undefined && from > to) throw new PageError(400, "from must not be after to");
  return { from, to };
}

function withoutUndefined<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
