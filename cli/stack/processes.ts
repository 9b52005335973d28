import { setTimeout as sleep } from "node:timers/promises";
import { readClaims } from "@plinth/local/supervisor/claims.ts";
import { describeWait, findAbandoned, ping, remove, status, stopAll } from "@plinth/local/supervisor/client.ts";
import type { ProcessStatus } from "@plinth/local/supervisor/protocol.ts";
import { readProcessRecords } from "@plinth/local/supervisor/state.ts";

/** A process that starts well may crash a moment later. */
const SETTLING_MS = 1000;
const RECOVERY_TIMEOUT_MS = 30_000;
/** Restarts while `up` watches after which a process is taken to crash again and again. */
const MAX_RESTARTS = 3;

/**
 * Removes the processes that an earlier 'up' could not start: the engine has no resource for them.
 * To be called after a successful 'up', when every process of the program runs.
 */
export async function removeFailedProcesses(directory: string): Promise<void> {
  for (const { name, state } of await status(directory)) if (state === "failed") await remove(directory, name);
}

/** Whether a supervisor runs here, or has left processes running when it was killed. */
export async function isRunning(directory: string): Promise<boolean> {
  return (await ping(directory)) !== undefined || (await findAbandoned(directory)).length > 0;
}

/**
 * Stops what runs in the folder of a stack, whatever its state says.
 *
 * @returns the names of the processes
 */
export async function stopUnrecorded(directory: string): Promise<string[]> {
  if (!(await isRunning(directory))) return [];
  const names = readProcessRecords(directory).map(({ name }) => name);
  await stopAll(directory);
  return names;
}

/** Every process that runs, or that the last 'up' was to start. */
export async function findProcessStates(directory: string): Promise<{ name: string; state: string; ready: boolean }[]> {
  const running = await status(directory);
  const known = new Set(running.map(({ name }) => name));
  const missing = Object.keys(readClaims(directory)?.ports ?? {}).filter((name) => !known.has(name));
  return [
    ...running.map(({ name, state }) => ({ name, state, ready: state === "ready" })),
    ...missing.map((name) => ({ name, state: "not started", ready: false })),
  ];
}

/**
 * After an 'up': waits for processes that have ended since they were ready. A process that has just
 * become ready is watched for a moment; all others cost nothing.
 *
 * @returns why processes are not ready, a text each
 */
export async function findCrashes(directory: string): Promise<string[]> {
  const before = new Map((await status(directory)).map(({ name, restarts }) => [name, restarts]));
  const isCrashing = ({ name, restarts }: ProcessStatus) => restarts - (before.get(name) ?? 0) >= MAX_RESTARTS;
  for (const deadline = Date.now() + RECOVERY_TIMEOUT_MS; ; await sleep(100)) {
    const processes = await status(directory);
    // A person may have stopped one meanwhile, or its work is done.
    const late = processes.filter(({ state }) => state !== "ready" && state !== "stopped");
    const isYoung = processes.some(({ since }) => Date.now() - Date.parse(since) < SETTLING_MS);
    if (late.length === 0 && !isYoung) return [];
    if (Date.now() > deadline || late.some(isCrashing))
      return Promise.all(
        late.map(async ({ name, state }) => (await describeWait(directory, name)) ?? `${name} is ${state}`),
      );
  }
}
