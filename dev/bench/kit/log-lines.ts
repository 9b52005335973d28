import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { medianAndRange } from "../statistics.ts";

const LOG_WRITERS = {
  pino: "pino alone, 4 KiB at a time, its cheapest (pino, sync: true)",
  each: "written one by one (pino's default)",
  background: "8 KiB at a time by another thread (pino, sync: false)",
  buffered: "4 KiB at a time (pino, sync: true)",
  together: "16 KiB at a time (the kit)",
  request: "16 KiB at a time, the line of a request (the kit)",
};

/** CPU time of a log line into a pipe, for each way of writing it. */
export async function measureLogLines(runs: number): Promise<BenchmarkRow[]> {
  const costs = await measureInTurns(LOG_WRITERS, runs, (_description, writer) => logLineCost(writer), 0);
  return Object.entries(LOG_WRITERS).map(([writer, description]) => ({
    what: `log line, CPU: ${description}`,
    goal: "printed",
    measured: medianAndRange(costs[writer]!, (value) => `${value.toFixed(2)} µs`),
  }));
}

/** Microseconds of one line, measured in a process that writes nothing else. */
async function logLineCost(writer: string): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "log-lines-process.ts"), writer], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.resume();
  const output = await text(child.stderr);
  if (!(Number(output) > 0)) throw new Error(`Log lines could not be measured (${writer}): ${output}`);
  return Number(output);
}
