import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./atomic-file.ts";
import type { SupervisorPaths } from "./paths.ts";
import { identify, isRunning, type ProcessIdentity } from "./system/identity.ts";

const fileOf = (state: string) => join(state, "pid.json");

/** Notes this process as the supervisor of its folder, unless that is noted. */
export function noteSupervisor({ state }: SupervisorPaths): void {
  if (findSupervisor(state)?.pid !== process.pid) writeAtomically(fileOf(state), JSON.stringify(identify(process.pid)));
}

export function forgetSupervisor({ state }: SupervisorPaths): void {
  rmSync(fileOf(state), { force: true });
}

/**
 * The supervisor that runs for this folder, whether it answers or not. Undefined also for one of an
 * earlier version, which notes nothing.
 */
export function findSupervisor(state: string): ProcessIdentity | undefined {
  try {
    const noted = JSON.parse(readFileSync(fileOf(state), "utf8")) as ProcessIdentity;
    return isRunning(noted) ? noted : undefined;
  } catch {
    return undefined;
  }
}
