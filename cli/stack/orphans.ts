import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Environment that the engine gets from us, and hands on to all that it starts:
 * `{stack's state}#{number of the engine's run}`.
 */
export const ENGINE_MARK_VARIABLE = "PLINTH_ENGINE";
/** Seconds that a host has to end by itself. */
const GRACE_SECONDS = 1;

/**
 * Ends what a killed engine has left of a stack: its language host (which would notice within five
 * minutes), the program and the provider host. What these asked of the supervisor goes on there.
 * Nothing is ended while the engine that started it is alive.
 *
 * @param stack what its marks begin with
 */
export async function endOrphans(stack: string): Promise<void> {
  for (const begun = Date.now(); ; await sleep(20)) {
    const orphans = findOrphans(stack);
    if (orphans.length === 0) return;
    const seconds = (Date.now() - begun) / 1000;
    for (const pid of orphans) sendSignal(pid, seconds < GRACE_SECONDS ? "SIGTERM" : "SIGKILL");
    if (seconds > 10)
      throw new Error(
        `Process ${orphans.join(", ")}, left by a killed engine, does not end: end it, then run this again`,
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

/**
 * Those of this user, each command line followed by its environment: `e` and `ww` mean that on
 * Linux and macOS alike.
 */
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
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
