import { spawnSync } from "node:child_process";
import { readlinkSync, realpathSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { UserError } from "../../user-error.ts";
import type { ProcessSpec } from "../spec.ts";
import type { ProcessIdentity } from "../system/identity.ts";
import { isLinux, readFileOr } from "../system/proc.ts";
import { type ProcessEntry, readProcess } from "../system/process-table.ts";

/**
 * Removes pid files that a killed server left, before it is started again. After a crash of the
 * machine another program may have the number, and the server would take it for itself.
 *
 * @param last the process that ran last under the name, as far as it was recorded
 * @throws UserError if the server may run, started by somebody else
 */
export function removeStalePidFiles(spec: ProcessSpec, last: ProcessIdentity | undefined): void {
  for (const file of spec.pidFiles ?? []) {
    const pid = readPid(file);
    const holder = pid === undefined ? undefined : readProcess(pid);
    if (holder === undefined || holder.dead || isAnotherProgram(holder, file, spec, last))
      rmSync(file, { force: true });
    else
      throw new UserError(
        `cannot start: by ${file}, process ${pid} (${commandOf(holder.pid).slice(0, 80)}) uses the same data. End that process; if it has nothing to do with the data, remove the file`,
      );
  }
}

/** PostgreSQL writes a negative number for its single-user mode. */
function readPid(file: string): number | undefined {
  const pid = Math.abs(Number.parseInt(readFileOr(file, ""), 10));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/** Whether it is proven that the process is not the server that wrote the file. */
function isAnotherProgram(
  holder: ProcessEntry,
  file: string,
  { command }: ProcessSpec,
  last: ProcessIdentity | undefined,
): boolean {
  // The number was the server's, at another time or in another boot of the machine.
  if (last?.pid === holder.pid && last.started !== holder.started) return true;
  if (!commandOf(holder.pid).includes(basename(command))) return true;
  // Such as the server of another stack.
  const folder = workingFolderOf(holder.pid);
  return folder !== undefined && folder !== realpathSync(dirname(file));
}

/** As it was typed; of a kernel's thread its name. */
function commandOf(pid: number): string {
  if (!isLinux) return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  const line = readFileOr(`/proc/${pid}/cmdline`, "").split("\0").join(" ").trim();
  return line === "" ? `kernel's ${readFileOr(`/proc/${pid}/comm`, "thread").trim()}` : line;
}

/** Undefined if the system does not show it. */
function workingFolderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
