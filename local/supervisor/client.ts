import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../user-error.ts";
import { fileSize, readTail } from "./logs.ts";
import { SupervisorPaths } from "./paths.ts";
import type { ProcessStatus, Request } from "./protocol.ts";
import { call, SupervisorUnavailable } from "./request.ts";
import { spawnSupervisor } from "./spawn.ts";
import { isProcessName, type ProcessSpec } from "./spec.ts";
import { readProcessRecords, shouldRun } from "./state.ts";
import { identify, isRunning, type ProcessIdentity, sendSignal } from "./system/identity.ts";

const START_TIMEOUT_MS = 15_000;
/** A process that takes longer to be ready is worth a word. */
const FIRST_REPORT_MS = 5000;
const NEXT_REPORT_MS = 10_000;

/**
 * Starts the supervisor of a directory unless it runs. Concurrent callers get the same one. It
 * takes over processes that the last supervisor left running and restarts ended ones; with `hold`
 * it leaves them ended.
 */
export async function ensureSupervisor(directory: string, { hold = false } = {}): Promise<{ pid: number }> {
  const paths = new SupervisorPaths(directory);
  const running = await ping(directory);
  if (running) return running;
  const log = join(paths.logs, "supervisor.log");
  const from = fileSize(log);
  const launched = spawnSupervisor(paths.directory, log, hold);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await ping(directory);
    if (answer) {
      // Another client was quicker, so this supervisor is not needed.
      if (answer.pid !== launched.pid) await launched.stop();
      return answer;
    }
    // A supervisor that exits with 0 found the lock taken: its holder is about to answer.
    if (launched.hasFailed() || Date.now() > deadline) {
      throw new UserError(
        [
          `The supervisor of ${directory} does not start; its last output, from ${log}:`,
          ...readTail(log, from, 8, []),
        ].join("\n  "),
      );
    }
    await sleep(10);
  }
}

/**
 * Runs `spec` under `name` and resolves once it is ready. The same spec again changes nothing.
 *
 * @param owner who may remove the process from now on
 * @param report told every few seconds why it is not ready yet
 * @throws UserError with the process's last output, if it does not become ready
 */
export async function apply(
  directory: string,
  name: string,
  spec: ProcessSpec,
  owner = name,
  report?: (why: string) => void,
): Promise<ProcessStatus> {
  assertProcessName(name);
  for (;;) {
    await ensureSupervisor(directory);
    const done = new AbortController();
    if (report) void reportProgress(directory, name, report, done.signal);
    try {
      return await call(directory, { method: "apply", name, spec, owner });
    } catch (error) {
      // The supervisor ended before it answered: ask the next one.
      if (!(error instanceof SupervisorUnavailable)) throw error;
    } finally {
      done.abort();
    }
  }
}

async function reportProgress(
  directory: string,
  name: string,
  report: (why: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let pause = FIRST_REPORT_MS; ; pause = NEXT_REPORT_MS) {
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const why = await describeWait(directory, name).catch(() => undefined);
    if (why !== undefined && !signal.aborted) report(why);
  }
}

/**
 * Stops and forgets a process; resolves when none of its processes is left. Its data and logs stay.
 * A process of another owner is left alone.
 */
export async function remove(directory: string, name: string, owner?: string): Promise<void> {
  await callEnsured(directory, { method: "remove", name, ...(owner === undefined ? {} : { owner }) });
}

/**
 * Starts a process with the specification that was applied last, or stops it until it is started or
 * applied, or both. Resolves once it is ready or gone; does nothing if it is so already.
 *
 * @throws UserError if no process has this name, or it does not become ready
 */
export async function control(directory: string, name: string, action: "start" | "stop" | "restart"): Promise<void> {
  assertProcessName(name);
  await callEnsured(directory, { method: action, name }, { hold: action === "stop" });
}

/** Every process that the supervisor knows, in the order of starts; empty without a supervisor. */
export async function status(directory: string): Promise<ProcessStatus[]> {
  return (await undefinedIfUnavailable(call(directory, { method: "status" }))) ?? [];
}

/** Why a process is not ready, with its last output; undefined if it is, or should not run. */
export async function describeWait(directory: string, name: string): Promise<string | undefined> {
  return (await undefinedIfUnavailable(call(directory, { method: "progress", name }))) ?? undefined;
}

/** The supervisor's pid, if it runs. */
export function ping(directory: string): Promise<{ pid: number } | undefined> {
  return undefinedIfUnavailable(call(directory, { method: "ping" }));
}

/** Whether the process was last applied with exactly this specification. */
export async function hasSpec(directory: string, name: string, spec: ProcessSpec): Promise<boolean> {
  return (await undefinedIfUnavailable(call(directory, { method: "runs", name, spec }))) ?? false;
}

/**
 * Stops all processes, the last started first, then the supervisor; resolves when that is gone as
 * well.
 */
export async function stopAll(directory: string): Promise<void> {
  const supervisor = await callEnsured(directory, { method: "stopAll" });
  while (supervisor && isRunning(supervisor)) await sleep(10);
}

/** Ends the supervisor alone: the next one takes up its processes, which run on. */
export async function endSupervisor(directory: string): Promise<void> {
  const running = await ping(directory);
  const supervisor = running && identify(running.pid);
  if (supervisor === undefined) return;
  sendSignal(supervisor, "SIGKILL");
  while (isRunning(supervisor)) await sleep(10);
}

/**
 * Names of the processes that a supervisor was running when it was killed; empty while it runs, or
 * after it ended regularly.
 */
export async function findAbandoned(directory: string): Promise<string[]> {
  const kept = readProcessRecords(directory).filter(({ state }) => shouldRun(state));
  return kept.length > 0 && (await ping(directory)) === undefined ? kept.map(({ name }) => name) : [];
}

export function logPath(directory: string, name: string): string {
  return join(directory, "logs", `${name}.log`);
}

/**
 * Starts a supervisor if none runs, since the processes that a killed one left running have to be
 * stopped as well.
 */
async function callEnsured(
  directory: string,
  request: Request,
  { hold = true } = {},
): Promise<ProcessIdentity | undefined> {
  if (!existsSync(join(directory, "supervisor"))) return undefined;
  for (;;) {
    const supervisor = identify((await ensureSupervisor(directory, { hold })).pid);
    try {
      await call(directory, request);
      return supervisor;
    } catch (error) {
      if (!(error instanceof SupervisorUnavailable)) throw error;
    }
  }
}

async function undefinedIfUnavailable<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SupervisorUnavailable) return undefined;
    throw error;
  }
}

function assertProcessName(name: string): void {
  if (!isProcessName(name)) throw new UserError(`'${name}' is not a process name: use 1 to 63 of a-z 0-9 . -`);
}
