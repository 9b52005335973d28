import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own words, and in which boot of the machine. */
  started: string;
}

/** Environment name that every supervised process carries; its value says whose it is. */
export const MARK_VARIABLE = "PLINTH_SUPERVISED";

/** By what a process is known as ours: what it carries, and where its output goes. */
export interface ProcessMark {
  /** Value of {@link MARK_VARIABLE} in its environment, or what that begins with before a `#`. */
  value: string;
  /**
   * Its log, which nobody else has as standard output or error; undefined when that is not certain.
   */
  log: string | undefined;
}

interface ProcessEntry extends ProcessIdentity {
  /**
   * Session on Linux, process group elsewhere: what a detached child leads and its descendants stay
   * in.
   */
  group: number;
  dead: boolean;
}

const isLinux = process.platform === "linux";
const bootId = isLinux ? readFileOr("/proc/sys/kernel/random/boot_id", "").trim() : "";

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

/**
 * Signals exactly this process; one that is gone, or whose pid is another's by now, is left alone.
 */
export function sendSignal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Everything alive that belongs to `mark`: its leader, what is in the leader's session, what
 * carries the mark in its environment, and what writes to its log: PostgreSQL's children have
 * sessions of their own and overwrite their environment, but keep their output. A session counts
 * only while no other process has taken the leader's pid, and for processes not older than the
 * leader.
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

function matchesMark(found: string | undefined, value: string): boolean {
  return found === value || found?.startsWith(`${value}#`) === true;
}

/** The mark that a process was started with, if it can be read. PostgreSQL overwrites its own. */
export function markOf(pid: number): string | undefined {
  if (!isLinux) return undefined;
  const found = readFileOr(`/proc/${pid}/environ`, "")
    .split("\0")
    .find((entry) => entry.startsWith(`${MARK_VARIABLE}=`));
  return found?.slice(MARK_VARIABLE.length + 1);
}

/**
 * Whether its standard output or error is a file that `matches`; unknown, so false, for another
 * user's process.
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

function readProcess(pid: number): ProcessEntry | undefined {
  if (isLinux) return parseStat(readFileOr(`/proc/${pid}/stat`, ""));
  return readPs(["-p", String(pid)])[0];
}

function listProcesses(): ProcessEntry[] {
  if (!isLinux) return readPs(["-A"]);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((entry) => entry !== undefined);
}

/**
 * `pid (command) state ppid pgrp session …`, see proc_pid_stat(5); the command may hold blanks and
 * brackets. Field 22 is the start.
 */
function parseStat(text: string): ProcessEntry | undefined {
  const bracket = text.lastIndexOf(")");
  if (bracket < 0) return undefined;
  const fields = text.slice(bracket + 2).split(" ");
  return {
    pid: Number.parseInt(text, 10),
    dead: /[ZXx]/.test(fields[0]!),
    group: Number(fields[3]),
    started: `${bootId}/${fields[19]}`,
  };
}

function readPs(selection: string[]): ProcessEntry[] {
  let text = "";
  try {
    text = execFileSync("ps", [...selection, "-o", "pid=,pgid=,stat=,lstart="], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    // ps answers with status 1 when nothing matches.
    return [];
  }
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 3)
    .map(([pid, group, state, ...started]) => ({
      pid: Number(pid),
      group: Number(group),
      dead: state!.startsWith("Z"),
      started: started.join(" "),
    }));
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** A process may end between being listed and being read. */
function readFileOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
