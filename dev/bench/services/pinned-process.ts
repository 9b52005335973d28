import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A service under measurement: alone on core 0, the load on core 1; its servers share the two. */
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
      // The Go service hangs when it leaves its consumer group.
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** The kernel's clock for CPU times; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
