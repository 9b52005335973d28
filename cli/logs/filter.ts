import { UserError } from "@plinth/local/user-error.ts";
import { object, oneOf, optional, text } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import { readVariables, tenantNumber } from "../terminal/variables.ts";
import { type Level, type LogRecord, levels } from "./log-record.ts";

/** What a person wants to see; see `make logs`. */
export interface LogFilter {
  /** Empty: all. */
  services: string[];
  /** Milliseconds since 1970. */
  since: number | undefined;
  matches(record: LogRecord): boolean;
}

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const variables = object({
  SERVICE: optional(Type.Array(Type.String())),
  LEVEL: optional(oneOf(Object.keys(levels) as Level[])),
  GREP: optional(text("a text")),
  SINCE: optional(
    Type.Refine(
      text("a span, as in SINCE=5m (s, m, h or d), or an instant, as in SINCE=2026-11-21T08:00:00Z"),
      (since) => !Number.isNaN(parseInstant(since, 0)),
    ),
  ),
  TENANT: optional(tenantNumber()),
  TRACE: optional(text("a trace")),
});

/**
 * From SERVICE, LEVEL, GREP, SINCE, TENANT and TRACE of the environment, as make passes them on.
 *
 * @throws {@link UserError} for the first that is wrong
 */
export function parseLogFilter(environment: Record<string, string | undefined>, now = Date.now()): LogFilter {
  const { SERVICE, LEVEL, GREP, SINCE, TENANT, TRACE } = readVariables(variables, {
    ...environment,
    LEVEL: environment.LEVEL?.toLowerCase(),
  });
  const since = SINCE === undefined ? undefined : parseInstant(SINCE, now);
  const needle = GREP?.toLowerCase();
  const tests: ((record: LogRecord) => boolean)[] = [
    ...(LEVEL === undefined ? [] : [({ level }: LogRecord) => levels[level] >= levels[LEVEL]]),
    ...(since === undefined ? [] : [({ time }: LogRecord) => time >= since]),
    ...(needle === undefined ? [] : [({ raw }: LogRecord) => raw.toLowerCase().includes(needle)]),
    ...(TENANT === undefined ? [] : [({ fields }: LogRecord) => String(fields.tenant_id) === TENANT]),
    ...(TRACE === undefined
      ? []
      : [({ fields }: LogRecord) => fields.trace_id === TRACE || fields.correlation_id === TRACE]),
  ];
  return { services: SERVICE ?? [], since, matches: (record) => tests.every((test) => test(record)) };
}

/** Milliseconds since 1970; NaN for what is neither a span nor an instant. */
function parseInstant(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * UNITS[unit]!;
  return /^\d+$/.test(text) ? Number.NaN : Date.parse(text);
}

/** The wanted services, or all. @throws {@link UserError} for one without logs */
export function selectServices(wanted: string[], all: string[]): string[] {
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new UserError(`There is no process '${unknown}'; those with logs are ${all.join(", ") || "none"}`);
  return wanted.length > 0 ? wanted : all;
}
