import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from "pino";

export type { Logger } from "pino";

export interface LoggerSettings {
  service: string;
  version: string;
  level: string;
}

/** Fields that never reach a log, wherever they are logged from. */
const SECRETS = ["authorization", "cookie", "password", "token", "secret"];
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;

/** One JSON object a line on standard output: `level` by name, `time` in ISO 8601, `service`, `version`. */
export function createLogger(settings: LoggerSettings, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level: settings.level,
    base: { service: settings.service, version: settings.version },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" },
    serializers: { err: (error: unknown) => (error instanceof Error ? describe(error) : error) },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** A text in which no URL shows its password. Messages of drivers can hold the URL that they were given. */
export function withoutPasswords(text: string): string {
  return text.replace(CREDENTIALS, "$1:[redacted]@");
}

function describe(error: Error): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: withoutPasswords(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: withoutPasswords(error.stack) }),
    ...(error.cause instanceof Error ? { cause: describe(error.cause) } : {}),
  };
}
