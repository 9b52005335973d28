import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileLock } from "@plinth/local/supervisor/lock.ts";
import type { Engine } from "./engine.ts";

/**
 * Until this process ends, however it ends. Referenced from here, because a lock that is collected
 * is free.
 */
let heldLock: FileLock | undefined;

/**
 * One command at a time changes a stack. The engine's own lock comes too late for that: it is not
 * yet there while a command still makes the stack or clears up after a killed engine. Throws one
 * sentence when another command has its turn.
 */
export async function lockStack(engine: Engine): Promise<void> {
  // Other backends are shared by machines and have locks of their own.
  if (engine.stateFolder === undefined) return;
  const path = join(engine.stateFolder, "..", `${engine.stack}.turn`);
  const note = `${path}.json`;
  heldLock = await FileLock.acquire(path, () => true);
  if (heldLock === undefined)
    throw new Error(`Another engine (${describeHolder(note)}) is at work on this stack: wait until it is done`);
  writeFileSync(note, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
}

function describeHolder(note: string): string {
  try {
    const { pid, since } = JSON.parse(readFileSync(note, "utf8")) as { pid: number; since: string };
    return `process ${pid}, since ${since}`;
  } catch {
    // It took its turn this very moment and has not written it down.
    return "just started";
  }
}
