import { type DestinationStream, destination, type Logger, type LoggerOptions, pino, stdTimeFunctions } from "pino";
import { withoutPasswords, withoutSecrets } from "./redaction.ts";

export type { Logger } from "pino";

export interface LoggerSettings {
  service: string;
  version: string;
  level: string;
}

/** Bytes of lines that are written together, and milliseconds after which fewer are. */
const BUFFER_BYTES = 8192;
const FLUSH_MS = 200;

/**
 * One JSON object a line on standard output: `level` by name, `time` in ISO 8601, `service`, `version`. Secrets are left out by the names of
 * their fields. Lines are written together, some milliseconds late; none is lost when the process exits, by a signal that it handles or by an error.
 */
export function createLogger(settings: LoggerSettings, destination: DestinationStream = buffered()): Logger {
  const options: LoggerOptions = {
    level: settings.level,
    base: { service: settings.service, version: settings.version },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: withoutSecrets, bindings: withoutSecrets },
    serializers: { err: (error: unknown) => (error instanceof Error ? describe(error) : error) },
  };
  return pino(options, destination);
}

/** A write for each line would be a quarter of what a small request costs. */
function buffered(): DestinationStream {
  const output = destination({ dest: 1, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
  process.on("exit", () => output.flushSync());
  return output;
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
