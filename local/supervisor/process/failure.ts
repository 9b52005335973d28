import { readTail } from "../logs.ts";
import type { Probe, ProcessSpec } from "../spec.ts";
import type { Exit } from "../state.ts";
import { secretsOf } from "./launch.ts";

/** Whose failure is told, and where in its log its own output begins. */
export interface FailedProcess {
  name: string;
  spec: ProcessSpec;
  log: string;
  logStart: number;
}

const OUTPUT_LINES = 8;

/** What happened, and the last lines of the output, without secrets. */
export function describeFailure(failure: string, { name, spec, log, logStart }: FailedProcess): string {
  // A taken port says all there is to say.
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
    case "log":
      return `no line with '${probe.line}' in its output`;
  }
}
