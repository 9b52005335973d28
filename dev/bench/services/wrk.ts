import { runCommand } from "@plinth/toolchain/command.ts";
import { cpuSeconds, type PinnedProcess } from "./pinned-process.ts";

export interface WrkResult {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  requests: number;
  /** CPU time of the service for one request. */
  cpuMicroseconds: number;
}

export const CONNECTIONS = 32;

/**
 * Runs wrk on core 1, with one thread and 32 connections.
 *
 * @throws when any answer was an error: the figures would mean nothing
 */
export async function runWrk({ base, pid }: PinnedProcess, script: string, seconds: number): Promise<WrkResult> {
  const before = cpuSeconds(pid);
  const args = [
    "-c",
    "1",
    "wrk",
    "-t1",
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    "--timeout",
    "10s",
    "--latency",
    "-s",
    script,
    base,
  ];
  const output = await runCommand("taskset", args, { seconds: seconds + 30 });
  const cpu = cpuSeconds(pid) - before;
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`${base} answered with errors:\n${output}`);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  return {
    requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    p50Ms: parseLatency(output, "50%"),
    p99Ms: parseLatency(output, "99%"),
    cpuMicroseconds: (cpu / requests) * 1e6,
  };
}

function parseLatency(output: string, percentile: string): number {
  const [, value, unit] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(output) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? ""] ?? Number.NaN);
}
