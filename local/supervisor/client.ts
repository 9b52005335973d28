import { spawn } from "node:child_process";
import { closeSync, existsSync, readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cacheDirectory } from "../locations.ts";
import { fileSize, openLog, readTail } from "./logs.ts";
import type { ProcessStatus } from "./process/managed-process.ts";
import type { Request, Response, Results } from "./protocol.ts";
import type { ProcessSpec } from "./spec.ts";
import { readProcessRecords, SupervisorPaths, shouldRun } from "./state.ts";
import { identify, isRunning, type ProcessIdentity } from "./system/identity.ts";

export { describeExit } from "./process/failure.ts";
export type { ProcessStatus } from "./process/managed-process.ts";

const SUPERVISOR_PROGRAM = fileURLToPath(new URL("./main.ts", import.meta.url));
const START_TIMEOUT_MS = 15_000;

/** Nobody answers; the supervisor is not there or is just ending. */
class SupervisorUnavailable extends Error {}

/**
 * Starts the supervisor of a directory unless it runs. Whoever starts one at the same moment gets
 * the same one. It takes up what the last one had running; with `hold` it does not start again what
 * has ended meanwhile.
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
      // Another client was quicker, so the one launched here is not needed.
      if (answer.pid !== launched.pid) await launched.stop();
      return answer;
    }
    // Code 0: another one has the lock, and is about to answer.
    if (launched.hasFailed() || Date.now() > deadline) {
      throw new Error(
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
 * Has `spec` running under `name`; resolves when it is ready, rejects with one sentence and its
 * last output when it will not be. The same spec again changes nothing. `owner` is whoever alone
 * may remove it from now on.
 */
export async function apply(directory: string, name: string, spec: ProcessSpec, owner = name): Promise<ProcessStatus> {
  assertProcessName(name);
  for (;;) {
    await ensureSupervisor(directory);
    try {
      return await call(directory, { method: "apply", name, spec, owner });
    } catch (error) {
      // It ended, or was killed, before it answered: its successor is asked again.
      if (!(error instanceof SupervisorUnavailable)) throw error;
    }
  }
}

/**
 * Stops and forgets a process; resolves when nothing of it is left. Its data and logs stay. Another
 * owner's is left alone.
 */
export async function remove(directory: string, name: string, owner?: string): Promise<void> {
  await callEnsured(directory, { method: "remove", name, ...(owner === undefined ? {} : { owner }) });
}

/** Every process the supervisor knows, in the order of their starts; none without a supervisor. */
export async function status(directory: string): Promise<ProcessStatus[]> {
  return (await undefinedIfUnavailable(call(directory, { method: "status" }))) ?? [];
}

/** The supervisor's pid, if it runs. */
export function ping(directory: string): Promise<{ pid: number } | undefined> {
  return undefinedIfUnavailable(call(directory, { method: "ping" }));
}

/** Whether the process was last told to be exactly this. */
export async function hasSpec(directory: string, name: string, spec: ProcessSpec): Promise<boolean> {
  return (await undefinedIfUnavailable(call(directory, { method: "runs", name, spec }))) ?? false;
}

/**
 * Stops everything, the last started first, and ends the supervisor; resolves when it is gone as
 * well.
 */
export async function stopAll(directory: string): Promise<void> {
  const supervisor = await callEnsured(directory, { method: "stopAll" });
  while (supervisor && isRunning(supervisor)) await sleep(10);
}

/**
 * Names of processes that a supervisor was keeping when it died; empty while it lives, or when it
 * ended by itself.
 */
export async function findAbandoned(directory: string): Promise<string[]> {
  const kept = readProcessRecords(directory).filter(({ state }) => shouldRun(state));
  return kept.length > 0 && (await ping(directory)) === undefined ? kept.map(({ name }) => name) : [];
}

export function logPath(directory: string, name: string): string {
  return join(directory, "logs", `${name}.log`);
}

/**
 * A supervisor is started if need be: what a dead one has left running is written on disk, and has
 * to be stopped as well.
 */
async function callEnsured(directory: string, request: Request): Promise<ProcessIdentity | undefined> {
  if (!existsSync(join(directory, "supervisor"))) return undefined;
  for (;;) {
    const supervisor = identify((await ensureSupervisor(directory, { hold: true })).pid);
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

function call<R extends Request>(directory: string, request: R): Promise<Results[R["method"]]> {
  return new Promise((resolve, reject) => {
    const pointer = join(directory, "supervisor", "socket");
    if (!existsSync(pointer)) return reject(new SupervisorUnavailable());
    let text = "";
    const socket = net.connect(readFileSync(pointer, "utf8"));
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.once("error", () => reject(new SupervisorUnavailable()));
    socket.once("close", () => {
      if (!text.endsWith("\n")) return reject(new SupervisorUnavailable());
      const response = JSON.parse(text) as Response;
      if ("error" in response) reject(new Error(response.error));
      else resolve(response.result as Results[R["method"]]);
    });
    socket.end(JSON.stringify(request));
  });
}

interface SpawnedSupervisor {
  pid: number | undefined;
  hasFailed: () => boolean;
  /** Ends it, and resolves when it has. */
  stop: () => Promise<void>;
}

function spawnSupervisor(directory: string, log: string, hold: boolean): SpawnedSupervisor {
  const output = openLog(log);
  // Compiled code is kept in the user's cache, so that the type stripper (20 MB) is loaded the
  // first time only.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(cacheDirectory(), "node-compile-cache");
  const names = [
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "PLINTH_SUPERVISOR_IDLE_MS",
    "PLINTH_LOG_BYTES",
  ];
  const inherited = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const child = spawn(
    process.execPath,
    ["--max-semi-space-size=1", SUPERVISOR_PROGRAM, directory, ...(hold ? ["hold"] : [])],
    {
      cwd: "/",
      // Little of the engine's environment: its passphrase has no business in a process that outlives
      // it.
      env: { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: cache },
      detached: true,
      stdio: ["ignore", output, output],
    },
  );
  closeSync(output);
  child.unref();
  let failed = false;
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => {
      failed = true;
      resolve();
    });
    child.once("exit", (code) => {
      failed = code !== 0;
      resolve();
    });
  });
  return {
    pid: child.pid,
    hasFailed: () => failed,
    stop: () => {
      child.ref();
      child.kill();
      return ended;
    },
  };
}

/** Its log has this name, and `supervisor` is the supervisor's own. */
export function isProcessName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{0,62}$/.test(name) && name !== "supervisor";
}

function assertProcessName(name: string): void {
  if (!isProcessName(name)) throw new Error(`'${name}' is no name of a process: 1 to 63 of a-z 0-9 . - are allowed`);
}
