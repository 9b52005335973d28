import { type ChildLoggerOptions, type DestinationStream, type Logger, type LoggerOptions, pino, symbols } from "pino";
import { createLogDestination, type LogDestination } from "./log-destination.ts";
import { redactSecrets, redactUrls } from "./redaction.ts";
import { currentCorrelationId, currentTrace } from "./trace-context.ts";

export type { Logger } from "pino";

export interface LoggerSettings {
  service: string;
  version: string;
  level: string;
}

/**
 * One JSON object a line: `level` by name, `time` in ISO 8601, `service`, `version`; within a
 * request its `correlation_id` and `trace_id`, whoever of the service writes the line. Secrets are
 * left out by the names of their fields, and of URLs their passwords and keys.
 *
 * @param destination @default standard output, many lines with one write; an error that nobody
 * caught is logged there before the process ends
 */
export function createLogger(settings: LoggerSettings, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level: settings.level,
    base: { service: settings.service, version: settings.version },
    timestamp: formatTimestamp,
    formatters: { level: (label) => ({ level: label }), log: redactSecrets },
    // Errors were described where secrets are left out; a message can be that of an error.
    serializers: {
      err: (described: unknown) => described,
      msg: (text: unknown) => (typeof text === "string" ? redactUrls(text) : text),
    },
    mixin: currentRequestIds,
    mixinMergeStrategy: (fields, ids) => (ids === noFields ? fields : { ...ids, ...fields }),
  };
  if (destination) return withRedactedChildren(pino(options, destination));
  const first = standardOutput === undefined;
  standardOutput ??= createLogDestination(1);
  const logger = withRedactedChildren(pino(options, standardOutput));
  if (first)
    process.on("uncaughtExceptionMonitor", (err, origin) =>
      logger.fatal({ err, origin }, "nobody caught an error: the process ends"),
    );
  return logger;
}

/** One for all loggers of the process, so that their lines stay in order. */
let standardOutput: LogDestination | undefined;

/** pino passes the fields of child loggers by its formatters. */
function withRedactedChildren(logger: Logger): Logger {
  const { child } = logger;
  return Object.assign(logger, {
    child(this: Logger, bindings: Record<string, unknown>, options?: ChildLoggerOptions) {
      return Reflect.apply(child, this, [redactSecrets(bindings), options]) as Logger;
    },
  });
}

/**
 * Writes the one line of a request, whose ids are what `correlationOf` and tracing make: nothing in
 * them needs quoting.
 */
export type WriteRequestLine = (correlationId: string, traceId: string, durationMs: number) => void;

/**
 * As `logger.info({ correlation_id, …, duration_ms }, "request")` with the duration in hundredths
 * of a millisecond, at a sixth of its cost: the one line that every request writes has always the
 * same fields, and all but three of them are known of its route.
 */
export function createRequestLines(
  logger: Logger,
): (method: string, route: string, status: number) => WriteRequestLine {
  const { [symbols.streamSym]: stream, [symbols.chindingsSym]: bound } = logger as unknown as PinoInternals;
  let begin = "";
  let begunAt = 0;
  return (method, route, status) => {
    const facts = `","method":"${method}","route":${JSON.stringify(route)},"status":${status},"duration_ms":`;
    return (correlationId, traceId, durationMs) => {
      if (logger.levelVal > INFO_LEVEL) return;
      const now = Date.now();
      // Under load a millisecond has many lines.
      if (now !== begunAt) {
        begunAt = now;
        begin = `{"level":"info"${formatTimestamp(now)}${bound},"correlation_id":"`;
      }
      const hundredths = Math.round(durationMs * 100);
      const duration = `${Math.trunc(hundredths / 100)}.${TWO_DIGITS[hundredths % 100]}`;
      stream.write(`${begin}${correlationId}","trace_id":"${traceId}${facts}${duration},"msg":"request"}\n`);
    };
  };
}

const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

const INFO_LEVEL = 30;

const noFields = {};

/**
 * For lines of whoever knows nothing of the request that it works for: database, cache, clients.
 */
function currentRequestIds(fields: object, _level: number, logger: Logger): object {
  const trace = currentTrace();
  if (
    trace === undefined ||
    "trace_id" in fields ||
    (logger as unknown as PinoInternals)[symbols.chindingsSym].includes('"trace_id":')
  )
    return noFields;
  const correlation = currentCorrelationId();
  return correlation === undefined
    ? { trace_id: trace.traceId }
    : { correlation_id: correlation, trace_id: trace.traceId };
}

/** What pino keeps of a logger: where it writes, and the JSON of the fields that it adds. */
type PinoInternals = Record<typeof symbols.chindingsSym, string> & Record<typeof symbols.streamSym, DestinationStream>;

let cachedSecond = "";
let cachedSecondMs = 0;

/** As `toISOString()`, made anew each second: under load that is a tenth of a line's cost. */
function formatTimestamp(now = Date.now()): string {
  const ms = now % 1000;
  if (now - ms !== cachedSecondMs) {
    cachedSecondMs = now - ms;
    cachedSecond = `,"time":"${new Date(cachedSecondMs).toISOString().slice(0, -4)}`;
  }
  return ms < 10 ? `${cachedSecond}00${ms}Z"` : ms < 100 ? `${cachedSecond}0${ms}Z"` : `${cachedSecond}${ms}Z"`;
}
