import { createLogger, createRequestLines } from "@plinth/kit/core/logger.ts";
import { destination, pino, stdTimeFunctions } from "pino";

/** Writes log lines in one of several ways and prints the CPU microseconds of each line. */
const [way = ""] = process.argv.slice(2);
const settings = { service: "bench", version: "1.0.0", level: "info" };
const fields = {
  correlation_id: "9bd6141c-85da-4977-99f9-3b70f97c551e",
  trace_id: "17ef0d86c2ea7b093960daba1810843f",
  span_id: "0b7ad6b716920333",
  tenant_id: 10_001,
  method: "GET",
  route: "/api/v1/users/:id",
  status: 200,
  duration_ms: 1.54,
};
const LINES = 300_000;
const LINES_PER_TURN = 200;

const writers: Record<string, () => () => void> = {
  // Neither secrets nor ids are seen to: what a line costs without the kit's logger.
  pino: () => {
    const logger = pino(
      {
        base: { service: settings.service, version: settings.version },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      destination({ dest: 1, sync: true, minLength: 4096 }),
    );
    return () => logger.info(fields, "request");
  },
  buffered: () => writeThrough(destination({ dest: 1, sync: true, minLength: 4096 })),
  each: () => writeThrough(destination({ dest: 1, sync: true })),
  background: () => writeThrough(destination({ dest: 1, sync: false, minLength: 8192 })),
  together: () => writeThrough(undefined),
  request: () => {
    const write = createRequestLines(createLogger(settings))(fields.method, fields.route, fields.status);
    const ids = {
      correlationId: fields.correlation_id,
      traceId: fields.trace_id,
      spanId: fields.span_id,
      tenantId: fields.tenant_id,
    };
    return () => write(ids, fields.duration_ms);
  },
};

function writeThrough(output: Parameters<typeof createLogger>[1]): () => void {
  const logger = createLogger(settings, output);
  return () => logger.info(fields, "request");
}

const write = writers[way]!();
await writeLines(LINES / 10);
const before = process.cpuUsage();
await writeLines(LINES);
const { user, system } = process.cpuUsage(before);
console.error(((user + system) / LINES).toFixed(3));

/** As in a server: some lines in each turn of the event loop. */
async function writeLines(lines: number): Promise<void> {
  for (let written = 0; written < lines; written += LINES_PER_TURN) {
    for (let line = 0; line < LINES_PER_TURN; line++) write();
    await new Promise(setImmediate);
  }
}
