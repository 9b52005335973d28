import { createLogger, requestLines } from "@plinth/kit/logger.ts";
import { destination } from "pino";

/** Writes lines as one way of logging does, and says what each cost: a process that `telemetry.ts` measures, its lines going into a pipe. */
const [way = ""] = process.argv.slice(2);
const settings = { service: "bench", version: "1.0.0", level: "info" };
const fields = {
  correlation_id: "9bd6141c-85da-4977-99f9-3b70f97c551e",
  trace_id: "17ef0d86c2ea7b093960daba1810843f",
  method: "GET",
  route: "/api/v1/users/:id",
  status: 200,
  duration_ms: 1.54,
};
const LINES = 300_000;
const A_TURN = 200;

const ways: Record<string, () => () => void> = {
  each: () => through(destination({ dest: 1, sync: true })),
  background: () => through(destination({ dest: 1, sync: false, minLength: 8192 })),
  together: () => through(undefined),
  request: () => {
    const write = requestLines(createLogger(settings))(fields.method, fields.route, fields.status);
    return () => write(fields.correlation_id, fields.trace_id, fields.duration_ms);
  },
};

function through(output: Parameters<typeof createLogger>[1]): () => void {
  const logger = createLogger(settings, output);
  return () => logger.info(fields, "request");
}

const write = ways[way]!();
await turns(LINES / 10);
const before = process.cpuUsage();
await turns(LINES);
const { user, system } = process.cpuUsage(before);
console.error(((user + system) / LINES).toFixed(3));

/** As a server does it: some lines in each turn of the event loop. */
async function turns(lines: number): Promise<void> {
  for (let written = 0; written < lines; written += A_TURN) {
    for (let line = 0; line < A_TURN; line++) write();
    await new Promise(setImmediate);
  }
}
