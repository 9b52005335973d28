import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process of this machine, from /proc: the tests of the local stack run on Linux only. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  /** Name of the program's file, at most 15 characters. */
  name: string;
  command: string;
  environment: string;
}

/** Every running process with the folder in its environment, command line or working directory. */
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
    // A zombie has ended; its parent has not waited for it yet.
    if (rest[0] === "Z" || rest[0] === "X") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
    const belongs = [command, environment, readlinkSync(`/proc/${pid}/cwd`)].some((text) => text.includes(folder));
    return belongs ? { pid, parent: Number(rest[1]), name, command, environment } : undefined;
  } catch {
    // It has ended meanwhile, or belongs to the system.
    return undefined;
  }
}

/** The processes that neither are ancestors nor descend from one. */
export function withoutDescendants(
  processes: readonly ProcessInfo[],
  ancestors: ReadonlySet<number | undefined>,
): ProcessInfo[] {
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const descends = (pid: number | undefined): boolean =>
    pid !== undefined && (ancestors.has(pid) || descends(parents.get(pid)));
  return processes.filter(({ pid }) => !descends(pid));
}

/** One line for each process. */
export function formatProcesses(processes: readonly ProcessInfo[]): string {
  return processes.map(({ pid, command }) => `${pid} ${command.slice(0, 120)}`).join("\n");
}
