import { readTail } from "../logs.ts";
import { type Probe, type ProcessSpec, secretsOf } from "../spec.ts";
import type { Exit } from "../state.ts";

/** A process that failed. `logStart`: byte of its log where the output of this start begins. */
export interface FailedProcess {
  name: string;
  spec: ProcessSpec;
  log: string;
  logStart: number;
}

const OUTPUT_LINES = 8;

/** The failure and the last lines of output, without secrets. */
export function describeFailure(failure: string, { name, spec, log, logStart }: FailedProcess): string {
  // The process did not start, so there is no output.
  if (failure.startsWith("Port ")) return failure;
  const lines = readTail(log, logStart, OUTPUT_LINES, secretsOf(spec));
  return [
    `process '${name}' ${failure}; ${lines.length > 0 ? `its last output, from ${log}:` : `its log: ${log}`}`,
    ...lines,
  ].join("\n  ");
}

export function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? "ended while no supervisor ran" : `exited with code ${code}`;
}

export function describeProbe(probe: Probe): string {
  switch (probe.kind) {
    case "tcp":
      return `no connection to port ${probe.port}`;
    case "http":
      return `no 2xx answer from http://127.0.0.1:${probe.port}${probe.path}`;
    case "exchange":
      return `no answer from port ${probe.port}`;
    case "log":
      return `no line with '${probe.line}' in its output`;
  }
}
