/** Log levels in ascending order, with pino's numbers. */
export const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;

export type Level = keyof typeof levels;

/** One line of a log. */
export interface LogRecord {
  service: string;
  /** Milliseconds since 1970; a line without a time has the one of the line before it. */
  time: number;
  level: Level;
  message: string;
  /** Other fields of a JSON line; empty for a plain line. */
  fields: Record<string, unknown>;
  /** The line as it was written. */
  raw: string;
  /** False for a continuation, such as a line of a stack trace. */
  startsRecord: boolean;
}

type ParsedLine = Pick<LogRecord, "time" | "level" | "message" | "fields">;

/** Parses JSON and the formats of PostgreSQL, Kafka and Redis; other lines continue `before`. */
export function parseLogLine(service: string, raw: string, before?: LogRecord): LogRecord {
  const facts = parseJson(raw) ?? parsePostgres(raw, before) ?? parseKafka(raw) ?? parseRedis(raw);
  if (facts) return { service, raw, startsRecord: true, ...facts };
  return {
    service,
    raw,
    startsRecord: false,
    time: before?.time ?? 0,
    level: before?.level ?? "info",
    message: raw,
    fields: {},
  };
}

function parseJson(raw: string): ParsedLine | undefined {
  if (!raw.startsWith("{")) return undefined;
  try {
    const { time, level, msg, message, service: _, ...fields } = JSON.parse(raw) as Record<string, unknown>;
    const at = typeof time === "number" ? time : Date.parse(String(time));
    if (Number.isNaN(at)) return undefined;
    return { time: at, level: toLevel(level), message: String(msg ?? message ?? ""), fields };
  } catch {
    return undefined;
  }
}

/** From a name in any case, or pino's number. */
function toLevel(level: unknown): Level {
  const name = String(level ?? "info").toLowerCase();
  const found = (Object.keys(levels) as Level[]).find((each) => each === name || levels[each] === level);
  return found ?? ({ warning: "warn", critical: "fatal", panic: "fatal" } as const)[name] ?? "info";
}

const POSTGRES = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?:UTC|GMT) \[\d+\] ([A-Z]+\d?): +(.*)$/;
const postgresLevels: Record<string, Level> = {
  WARNING: "warn",
  ERROR: "error",
  FATAL: "fatal",
  PANIC: "fatal",
  LOG: "info",
  NOTICE: "info",
};

function parsePostgres(raw: string, before: LogRecord | undefined): ParsedLine | undefined {
  const [, time, name = "", message = ""] = POSTGRES.exec(raw) ?? [];
  if (time === undefined) return undefined;
  // DETAIL, HINT and STATEMENT belong to the message before them.
  const level = postgresLevels[name] ?? (name.startsWith("DEBUG") ? "debug" : (before?.level ?? "info"));
  return { time: Date.parse(`${time.replace(" ", "T")}Z`), level, message, fields: {} };
}

const KAFKA = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d),(\d{3}) (TRACE|DEBUG|INFO|WARN|ERROR|FATAL) (.*)$/;

/** Kafka and Redis write local time. */
function parseKafka(raw: string): ParsedLine | undefined {
  const [, time, fraction, name, message = ""] = KAFKA.exec(raw) ?? [];
  return time === undefined
    ? undefined
    : { time: Date.parse(`${time}.${fraction}`), level: toLevel(name), message, fields: {} };
}

const REDIS = /^\d+:[A-Z] (\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3}) ([.\-*#]) (.*)$/;

/** Kafka and Redis write local time. */
function parseRedis(raw: string): ParsedLine | undefined {
  const [, time, sign, message = ""] = REDIS.exec(raw) ?? [];
  if (time === undefined) return undefined;
  return {
    time: Date.parse(time),
    level: sign === "#" ? "warn" : sign === "." ? "debug" : "info",
    message,
    fields: {},
  };
}
