import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { isLinux, readFileOr } from "./proc.ts";

/** One process as the system lists it. */
export interface ProcessEntry {
  pid: number;
  /** When it started, in the system's format, and in which boot of the machine. */
  started: string;
  /**
   * Session on Linux, process group elsewhere: a detached child leads it, its descendants stay in
   * it.
   */
  group: number;
  dead: boolean;
  /** Whether a signal or a debugger has suspended it. */
  suspended: boolean;
}

const bootId = isLinux ? readFileOr("/proc/sys/kernel/random/boot_id", "").trim() : "";

export function readProcess(pid: number): ProcessEntry | undefined {
  if (isLinux) return parseStat(readFileOr(`/proc/${pid}/stat`, ""));
  return readPs(["-p", String(pid)])[0];
}

export function listProcesses(): ProcessEntry[] {
  if (!isLinux) return readPs(["-A"]);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((entry) => entry !== undefined);
}

/** The process and all that it has started, as far as their parents still run. Linux only. */
export function withDescendants(pid: number): number[] {
  const children = readFileOr(`/proc/${pid}/task/${pid}/children`, "").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => withDescendants(Number(child))))];
}

/**
 * `pid (command) state ppid pgrp session …`, see proc_pid_stat(5); the command may hold spaces and
 * brackets. Field 22 is the start.
 */
function parseStat(text: string): ProcessEntry | undefined {
  const bracket = text.lastIndexOf(")");
  if (bracket < 0) return undefined;
  const fields = text.slice(bracket + 2).split(" ");
  return {
    pid: Number.parseInt(text, 10),
    dead: /[ZXx]/.test(fields[0]!),
    suspended: /[Tt]/.test(fields[0]!),
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
      suspended: state!.startsWith("T"),
      started: started.join(" "),
    }));
}
