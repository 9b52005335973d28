import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * One process of this machine, as Linux tells of it; the tests of the local stack run on Linux
 * alone.
 */
export interface ProcessInfo {
  pid: number;
  parent: number;
  /** Name of the program's file, at most 15 characters. */
  name: string;
  command: string;
  environment: string;
}

/**
 * Every process alive that belongs to a folder: by its environment, its command line or its working
 * folder.
 */
export function processesOf(folder: string): ProcessInfo[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => readProcess(Number(entry), folder) ?? []);
}

function readProcess(pid: number, folder: string): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [name, rest] = [
      stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
      stat.slice(stat.lastIndexOf(")") + 2).split(" "),
    ];
    // A zombie has ended: only its parent's look at it is missing.
    if (rest[0] === "Z" || rest[0] === "X") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
    const belongs = [command, environment, readlinkSync(`/proc/${pid}/cwd`)].some((text) => text.includes(folder));
    return belongs ? { pid, parent: Number(rest[1]), name, command, environment } : undefined;
  } catch {
    // It ended between two looks, or is the system's own.
    return undefined;
  }
}

/** Those that are none of `ancestors` and descend from none of them. */
export function withoutDescendants(
  processes: readonly ProcessInfo[],
  ancestors: ReadonlySet<number | undefined>,
): ProcessInfo[] {
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const descends = (pid: number | undefined): boolean =>
    pid !== undefined && (ancestors.has(pid) || descends(parents.get(pid)));
  return processes.filter(({ pid }) => !descends(pid));
}

/** For messages. */
export function formatProcesses(processes: readonly ProcessInfo[]): string {
  return processes.map(({ pid, command }) => `${pid} ${command.slice(0, 120)}`).join("\n");
}
