import { readlinkSync } from "node:fs";
import { isLinux, readFileOr } from "./proc.ts";
import { listProcesses, type ProcessEntry, readProcess } from "./process-table.ts";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's format, and in which boot of the machine. */
  started: string;
}

/** Environment variable of every supervised process; its value names the supervisor and process. */
export const MARK_VARIABLE = "PLINTH_SUPERVISED";

/** How supervised processes are recognised: by their environment and by their output. */
export interface ProcessMark {
  /** Value of {@link MARK_VARIABLE} in its environment, or the part of it before a `#`. */
  value: string;
  /**
   * Its log, which no other process has as standard output or error; undefined if that is
   * uncertain.
   */
  log: string | undefined;
}

/** The process that has this pid now; a zombie is still that process. */
export function identify(pid: number): ProcessIdentity | undefined {
  const entry = readProcess(pid);
  return entry && { pid, started: entry.started };
}

/** Whether exactly this process still runs; a zombie does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  const entry = readProcess(identity.pid);
  return entry !== undefined && entry.started === identity.started && !entry.dead;
}

/** Signals exactly this process, not a later one with its pid. Does nothing if it is gone. */
export function sendSignal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * All live processes that belong to `mark`: those in the leader's session, with the mark in their
 * environment, or with the log as output. PostgreSQL's children leave the session and overwrite
 * their environment, but keep their output. A session counts only while no other process has the
 * leader's pid, and only for processes that are not older than the leader.
 */
export function membersOf(mark: ProcessMark, leader?: ProcessIdentity): ProcessIdentity[] {
  const now = leader && readProcess(leader.pid);
  const session = leader !== undefined && (now === undefined || now.started === leader.started) ? leader : undefined;
  const belongs = (entry: ProcessEntry) =>
    (session !== undefined && entry.group === session.pid && isNotOlder(entry, session)) ||
    matchesMark(markOf(entry.pid), mark.value) ||
    (mark.log !== undefined && writesTo(entry.pid, (path) => path === mark.log));
  return listProcesses()
    .filter((entry) => !entry.dead && entry.pid !== process.pid && belongs(entry))
    .map(({ pid, started }) => ({ pid, started }));
}

function matchesMark(mark: string | undefined, value: string): boolean {
  return mark === value || mark?.startsWith(`${value}#`) === true;
}

/** The mark that a process was started with, if it can be read. PostgreSQL overwrites it. */
export function markOf(pid: number): string | undefined {
  if (!isLinux) return undefined;
  const variable = readFileOr(`/proc/${pid}/environ`, "")
    .split("\0")
    .find((entry) => entry.startsWith(`${MARK_VARIABLE}=`));
  return variable?.slice(MARK_VARIABLE.length + 1);
}

/**
 * Whether its standard output or error is a file that `matches`; false for another user's process.
 */
export function writesTo(pid: number, matches: (path: string) => boolean): boolean {
  const targets = isLinux ? ["1", "2"].flatMap((fd) => linkTarget(`/proc/${pid}/fd/${fd}`) ?? []) : [];
  return targets.some(matches);
}

/** Session (Linux) or process group of a process. */
export function processGroupOf(pid: number): number | undefined {
  return readProcess(pid)?.group;
}

function isNotOlder(entry: ProcessEntry, leader: ProcessIdentity): boolean {
  return !isLinux || Number(entry.started.split("/")[1]) >= Number(leader.started.split("/")[1]);
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
