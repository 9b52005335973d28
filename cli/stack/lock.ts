import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileLock } from "@plinth/local/supervisor/lock.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { Engine } from "./engine.ts";

/** Held until this process ends; garbage collection would release a lock without a reference. */
let heldLock: FileLock | undefined;

/**
 * Lets one command at a time change a stack. The engine's lock comes too late: a command creates
 * the stack and recovers from killed engines before it starts one.
 *
 * @throws {@link UserError} when another command holds the lock
 */
export async function lockStack(engine: Engine): Promise<void> {
  // Other backends are shared by machines and have locks.
  if (engine.stateFolder === undefined) return;
  const path = join(engine.stateFolder, "..", `${engine.stack}.turn`);
  const note = `${path}.json`;
  heldLock = await FileLock.acquire(path, () => true);
  if (heldLock === undefined)
    throw new UserError(`Another engine (${describeHolder(note)}) is at work on this stack: wait until it is done`);
  writeFileSync(note, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
}

function describeHolder(note: string): string {
  try {
    const { pid, since } = JSON.parse(readFileSync(note, "utf8")) as { pid: number; since: string };
    return `process ${pid}, since ${since}`;
  } catch {
    // The holder has not written its note yet.
    return "just started";
  }
}
