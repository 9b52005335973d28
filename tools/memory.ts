import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Memory of a process and its descendants, in MiB. On Linux the proportional share, so that pages which PostgreSQL's processes have in common
 * count once; elsewhere the resident set.
 */
export function residentMiB(pid: number): number {
  return withDescendants(pid).reduce((sum, each) => sum + ownKiB(each), 0) / 1024;
}

function withDescendants(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const parents = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found = [pid];
  // Grows while it is walked: children of children are appended.
  for (const parent of found) found.push(...parents.filter(([, ppid]) => ppid === parent).map(([child]) => child));
  return found;
}

function ownKiB(pid: number): number {
  try {
    if (process.platform === "linux") return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    // It ended between being listed and being read, or its map is not ours to read: then the resident set will do.
  }
  return Number(spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim() || 0);
}
