import { execFileSync } from "node:child_process";
import { isLinux, readFileOr } from "./proc.ts";
import { withDescendants } from "./process-table.ts";

/** What a process and its descendants use. */
export interface ProcessUsage {
  /** Processor time since each of them started. */
  cpuSeconds: number;
  /** Resident bytes. Pages that descendants share with others are not counted. */
  memory: number;
}

/** Of Linux on all architectures that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Undefined once the process has ended. */
export function readUsage(pid: number): ProcessUsage | undefined {
  return isLinux ? usageFromProc(pid) : usageFromPs(pid);
}

function usageFromProc(pid: number): ProcessUsage | undefined {
  const usage = { cpuSeconds: 0, memory: 0 };
  for (const one of withDescendants(pid)) {
    const [stat, statm] = [readFileOr(`/proc/${one}/stat`, ""), readFileOr(`/proc/${one}/statm`, "")];
    if (stat === "" || statm === "") continue;
    // After the command, which may hold blanks: state is field 3, utime 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    usage.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const [, resident = 0, shared = 0] = statm.split(" ").map(Number);
    usage.memory += (one === pid ? resident : resident - shared) * PAGE_BYTES;
  }
  return usage.memory > 0 ? usage : undefined;
}

/** Without descendants: only PostgreSQL has many, and ps counts their shared pages each time. */
function usageFromPs(pid: number): ProcessUsage | undefined {
  try {
    const text = execFileSync("ps", ["-o", "rss=,time=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const [rss, time = ""] = text.split(/\s+/);
    const seconds = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    return { cpuSeconds: seconds, memory: Number(rss) * 1024 };
  } catch {
    return undefined;
  }
}
