import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";

/** Marks the engine and all that it starts: `{state of the stack}#{id of the engine's run}`. */
export const ENGINE_MARK_VARIABLE = "PLINTH_ENGINE";
/** Seconds until SIGTERM becomes SIGKILL. */
const GRACE_SECONDS = 1;

/**
 * Ends the processes of a killed engine: its language host (which would notice after five minutes),
 * the program and the provider host. The supervisor completes what they asked of it. Processes of a
 * running engine are spared.
 *
 * @param stack the beginning of its marks
 */
export async function endOrphans(stack: string): Promise<void> {
  for (const start = Date.now(); ; await sleep(20)) {
    const orphans = findOrphans(stack);
    if (orphans.length === 0) return;
    const seconds = (Date.now() - start) / 1000;
    for (const pid of orphans) sendSignal(pid, seconds < GRACE_SECONDS ? "SIGTERM" : "SIGKILL");
    if (seconds > 10)
      throw new UserError(
        `Process ${orphans.join(", ")}, left by a killed engine, does not end: kill it, then run this again`,
      );
  }
}

function findOrphans(stack: string): number[] {
  const marked = listProcesses().flatMap(({ pid, command }) => {
    const [, mark] = new RegExp(` ${ENGINE_MARK_VARIABLE}=(\\S+)`).exec(command) ?? [];
    return !mark?.startsWith(`${stack}#`)
      ? []
      : [{ pid, mark, isEngine: basename(command.split(" ")[0]!) === "pulumi" }];
  });
  const alive = new Set(marked.filter(({ isEngine }) => isEngine).map(({ mark }) => mark));
  return marked.filter(({ mark }) => !alive.has(mark)).map(({ pid }) => pid);
}

/** Processes of this user with command line and environment, by options of Linux and macOS. */
function listProcesses(): { pid: number; command: string }[] {
  const { stdout } = spawnSync("ps", ["xeww", "-o", "pid=,command="], { encoding: "utf8", maxBuffer: 256 << 20 });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), command: command! }];
  });
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
