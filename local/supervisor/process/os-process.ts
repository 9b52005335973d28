import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openLog } from "../logs.ts";
import type { ProcessSpec } from "../spec.ts";
import type { Exit } from "../state.ts";
import {
  identify,
  isRunning,
  membersOf,
  type ProcessIdentity,
  type ProcessMark,
  sendSignal,
} from "../system/identity.ts";

/** One operating-system process that this supervisor or an earlier one started. */
export interface OsProcess {
  identity: ProcessIdentity;
  exited: Promise<Exit>;
}

export interface SpawnOptions {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
  cwd: string;
  environment: Record<string, string>;
  log: string;
  stdin?: string;
}

const ADOPTED_POLL_MS = 100;
/** How long the rest of a session may take to end after its leader. */
const LEFTOVER_GRACE_MS = 250;

/**
 * Starts a process in a new session, so that terminal signals do not reach it and all its
 * descendants can be found.
 */
export async function spawnProcess(
  { command, args, cwd, environment, log, stdin, ...user }: SpawnOptions,
  onStart: (run: OsProcess) => void,
): Promise<OsProcess> {
  const output = openLog(log);
  const child = spawn(command, args, {
    cwd,
    env: environment,
    detached: true,
    stdio: [stdin === undefined ? "ignore" : "pipe", output, output],
    ...user,
  });
  closeSync(output);
  if (child.pid === undefined) throw await waitForSpawnError(child, command);
  // Not reaped yet, so it can be identified even if it has already ended.
  const run = { identity: identify(child.pid)!, exited: waitForExit(child) };
  // In the same tick, so that a supervisor that is killed now has recorded what it started.
  onStart(run);
  // A command that does not read its input causes EPIPE here; its exit says more.
  child.stdin?.on("error", () => undefined).end(stdin);
  return run;
}

/** Follows a process that an earlier supervisor started. Its exit code cannot be known. */
export function adoptProcess(identity: ProcessIdentity): OsProcess {
  const watch = async (): Promise<Exit> => {
    while (isRunning(identity)) await sleep(ADOPTED_POLL_MS);
    return { code: null, signal: null, at: new Date().toISOString() };
  };
  return { identity, exited: watch() };
}

/** Processes with the mark that must go on. */
export type ExcludedProcesses = () => ProcessIdentity[];

/** Signal, grace, SIGKILL; resolves when no process of the session is left. */
export async function terminate(
  run: OsProcess,
  mark: ProcessMark,
  stop: ProcessSpec["stop"],
  spared: ExcludedProcesses = () => [],
): Promise<void> {
  sendSignal(run.identity, stop.signal);
  const grace = new AbortController();
  await Promise.race([
    run.exited,
    sleep(stop.graceSeconds * 1000, undefined, { signal: grace.signal }).catch(() => undefined),
  ]);
  grace.abort();
  if (isRunning(run.identity)) await killAll(() => remainingMembers(mark, run.identity, spared));
  await run.exited;
  await terminateLeftovers(mark, run.identity, spared);
}

/** Ends the processes of a session, or with a mark, that have outlived their leader. */
export async function terminateLeftovers(
  mark: ProcessMark,
  leader?: ProcessIdentity,
  spared: ExcludedProcesses = () => [],
): Promise<void> {
  const members = () => remainingMembers(mark, leader, spared);
  for (const member of members()) sendSignal(member, "SIGTERM");
  const until = Date.now() + LEFTOVER_GRACE_MS;
  while (members().length > 0 && Date.now() < until) await sleep(15);
  await killAll(members);
}

function remainingMembers(
  mark: ProcessMark,
  leader: ProcessIdentity | undefined,
  spared: ExcludedProcesses,
): ProcessIdentity[] {
  const kept = new Set(spared().map(({ pid }) => pid));
  return membersOf(mark, leader).filter(({ pid }) => !kept.has(pid));
}

async function killAll(members: () => ProcessIdentity[]): Promise<void> {
  const until = Date.now() + 10_000;
  for (let left = members(); left.length > 0; left = members()) {
    if (Date.now() > until)
      throw new Error(
        `Process ${left.map(({ pid }) => pid).join(", ")} does not end, not even by SIGKILL: it waits for a disk or device`,
      );
    for (const member of left) sendSignal(member, "SIGKILL");
    await sleep(15);
  }
}

function waitForExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, name) => resolve({ code, signal: name, at: new Date().toISOString() }));
    child.on("error", () => undefined);
  });
}

function waitForSpawnError(child: ChildProcess, command: string): Promise<Error> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve(
        new Error(
          error.code === "ENOENT"
            ? `command '${command}' was not found`
            : `command '${command}' cannot be started: ${error.code}`,
        ),
      ),
    );
  });
}
