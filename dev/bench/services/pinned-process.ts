import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runCommand } from "@plinth/toolchain/command.ts";

/**
 * A service that is measured: alone on core 0, with the load on core 1. What both need shares the
 * two.
 */
export interface PinnedProcess {
  base: string;
  pid: number;
  /** Milliseconds from its start until it was ready. */
  readyMs: number;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 3000;

/** Starts a service on core 0 and waits until `path` answers 200. */
export async function startPinnedProcess(
  command: string[],
  environment: Record<string, string>,
  port: number,
  path: string,
): Promise<PinnedProcess> {
  const begun = performance.now();
  const child = spawn("taskset", ["-c", "0", ...command], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const base = `http://127.0.0.1:${port}`;
  for (let answered = false; !answered; ) {
    await sleep(5);
    if (child.exitCode !== null)
      throw new Error(`${command.join(" ")} ended with exit code ${child.exitCode} before it was ready`);
    if (performance.now() - begun > READY_TIMEOUT_MS) throw new Error(`${base}${path} does not answer`);
    answered = await fetch(`${base}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
  const readyMs = performance.now() - begun;
  return {
    base,
    // taskset becomes the service: one process.
    pid: child.pid!,
    readyMs,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      // The yardstick hangs in leaving its group.
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

export interface WrkResult {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  requests: number;
  /** CPU time of the service, for each request. */
  cpuMicroseconds: number;
}

export const CONNECTIONS = 32;

/**
 * wrk from core 1, one thread and 32 connections. @throws when any answer was an error: the figures
 * would mean nothing
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

/** Of the kernel's accounting; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
