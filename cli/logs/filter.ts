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

/**
 * From SERVICE, LEVEL, GREP, SINCE, TENANT and TRACE of the environment, as make passes its
 * variables on; empty ones say nothing.
 *
 * @throws one sentence for the first that makes no sense
 */
export function parseLogFilter(variables: Record<string, string | undefined>, now = Date.now()): LogFilter {
  const { SERVICE = "", LEVEL = "", GREP = "", SINCE = "", TENANT = "", TRACE = "" } = variables;
  const least = LEVEL === "" ? undefined : levels[parseLevel(LEVEL)];
  const since = SINCE === "" ? undefined : parseInstant(SINCE, now);
  if (TENANT !== "" && !/^\d+$/.test(TENANT))
    throw new Error(`TENANT=${TENANT} is no tenant: its number is meant, as in TENANT=10001`);
  const text = GREP.toLowerCase();
  const tests: ((record: LogRecord) => boolean)[] = [
    ...(least === undefined ? [] : [({ level }: LogRecord) => levels[level] >= least]),
    ...(since === undefined ? [] : [({ time }: LogRecord) => time >= since]),
    ...(text === "" ? [] : [({ raw }: LogRecord) => raw.toLowerCase().includes(text)]),
    ...(TENANT === "" ? [] : [({ fields }: LogRecord) => String(fields.tenant_id) === TENANT]),
    ...(TRACE === "" ? [] : [({ fields }: LogRecord) => fields.trace_id === TRACE || fields.correlation_id === TRACE]),
  ];
  const services = SERVICE.split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  return { services, since, matches: (record) => tests.every((test) => test(record)) };
}

function parseLevel(name: string): Level {
  const level = name.toLowerCase();
  if (level in levels) return level as Level;
  throw new Error(`LEVEL=${name} is no level: one of ${Object.keys(levels).join(", ")} is`);
}

function parseInstant(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : now - Number(count) * UNITS[unit]!;
  if (Number.isNaN(at) || /^\d+$/.test(text))
    throw new Error(
      `SINCE=${text} is no time: a span as in SINCE=5m (s, m, h or d), or an instant as in SINCE=2026-11-21T08:00:00Z, is`,
    );
  return at;
}

/** Those that were asked for, or all. @throws one sentence for one that is not there */
export function selectServices(wanted: string[], all: string[]): string[] {
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new Error(`There is no process '${unknown}'; those with logs are ${all.join(", ") || "none"}`);
  return wanted.length > 0 ? wanted : all;
}
