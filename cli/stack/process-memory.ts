import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Memory of a process and its descendants, in MiB. */
export interface ProcessMemory {
  /** Sum of their resident sets; shared pages count once for each process. */
  resident: number;
  /** Shared pages count once in total. Equals `resident` on systems other than Linux. */
  proportional: number;
}

export function readProcessMemory(pid: number): ProcessMemory {
  const each = withDescendants(pid).map((one) => ({ resident: residentKiB(one), proportional: proportionalKiB(one) }));
  return {
    resident: each.reduce((sum, { resident }) => sum + resident, 0) / 1024,
    proportional: each.reduce((sum, { resident, proportional }) => sum + (proportional ?? resident), 0) / 1024,
  };
}

function withDescendants(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const parents = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found = [pid];
  // Grows during the loop: children of children are appended.
  for (const parent of found) found.push(...parents.filter(([, ppid]) => ppid === parent).map(([child]) => child));
  return found;
}

function residentKiB(pid: number): number {
  return Number(spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim() || 0);
}

/** Undefined on systems other than Linux, or when the process has ended. */
function proportionalKiB(pid: number): number | undefined {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
