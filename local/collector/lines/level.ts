import { LEVELS, type Level } from "../../page/model/log-line.ts";

/** Names of levels in the logs of PostgreSQL, Kafka, Redis, Go, Java, Python and syslog. */
const SYNONYMS = new Map<string, Level>([
  ...LEVELS.map((level) => [level, level] as const),
  ...Object.entries<Level>({
    verbose: "debug",
    fine: "debug",
    log: "info",
    information: "info",
    notice: "info",
    warning: "warn",
    err: "error",
    severe: "error",
    critical: "fatal",
    crit: "fatal",
    alert: "fatal",
    emerg: "fatal",
    emergency: "fatal",
    panic: "fatal",
  }),
]);

/** The level that a structured line names: a word, or a number as of pino and bunyan. */
export function toLevel(value: unknown): Level | undefined {
  if (typeof value === "string") return SYNONYMS.get(value) ?? SYNONYMS.get(value.toLowerCase().trim());
  if (typeof value !== "number") return undefined;
  return LEVELS[Math.min(Math.max(Math.round(value / 10) - 1, 0), LEVELS.length - 1)];
}

const UPPER_CASE =
  /\b(TRACE|DEBUG\d?|VERBOSE|INFO|LOG|NOTICE|WARN(?:ING)?|ERROR|SEVERE|FATAL|CRITICAL|PANIC)\b(?=[:\s\]|]|$)/;
/** `level=warn`, and VictoriaLogs' columns separated by tabs. */
const LOWER_CASE = /\blevel="?(\w+)|\t(info|warn|error|panic|fatal)\t/;
/** Redis: process, role, time, and a sign for the level. */
const REDIS = /^\d+:[XCSM] \d{2} \w{3} \d{4} [\d:.]+ ([.\-*#]) /;
const REDIS_LEVELS: Record<string, Level> = { ".": "debug", "-": "debug", "*": "info", "#": "warn" };

/** The level that a line of text names in its first characters. */
export function levelOfText(text: string): Level | undefined {
  const head = text.slice(0, 160);
  const sign = REDIS.exec(head)?.[1];
  if (sign !== undefined) return REDIS_LEVELS[sign];
  const upper = UPPER_CASE.exec(head)?.[1];
  if (upper !== undefined) return toLevel(upper.replace(/\d$/, ""));
  const lower = LOWER_CASE.exec(head);
  return lower === null ? undefined : toLevel(lower[1] ?? lower[2]);
}

/** Whether a line of text goes on what the line before it began, as a stack trace does. */
export function isContinuation(text: string): boolean {
  return /^(?:\s+\S|Caused by: |Suppressed: |\.{3} \d+ more|[\w$]+(?:\.[\w$]+)+(?:Exception|Error)\b)/.test(text);
}
