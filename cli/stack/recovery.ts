import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "./engine.ts";

/** Far longer than it takes to write a lock. */
const DRAFT_LIFETIME_MS = 1000;

/** What the file backend writes while an engine works on a stack. */
interface BackendLock {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/**
 * Makes a stack usable again after its engine was killed: ends what it left running, lifts its
 * lock, and forgets the operations that it had begun (every provider here finds again what it had
 * made). Throws one sentence when an engine is still at work.
 */
export async function recoverStack(engine: Engine): Promise<void> {
  if (engine.stateFile === undefined || !engine.exists) return;
  await engine.endOrphans();
  const locks = join(engine.stateFolder!, "locks", "organization", "plinth", engine.stack);
  await removeLockDrafts(locks);
  removeStaleLocks(locks);
  removeCorruptSideFile(`${engine.stateFile}.attrs`);
  await forgetPendingOperations(engine);
}

/**
 * The file backend writes a lock beside its place and then moves it there. An engine killed in
 * between leaves the draft, which every later one takes for a lock that it cannot read. A live
 * engine's is gone in a moment, so only one that stays is removed.
 */
async function removeLockDrafts(folder: string): Promise<void> {
  const drafts = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".tmp")) : []);
  const found = drafts();
  if (found.length === 0) return;
  await sleep(DRAFT_LIFETIME_MS);
  for (const name of drafts().filter((each) => found.includes(each))) rmSync(join(folder, name), { force: true });
}

/**
 * The file backend writes a side file beside each of its files, in place. One that a killed engine
 * left half-written keeps every later engine from reading the stack; one that is missing does not.
 * An engine that was told `metadata=skip` writes none.
 */
function removeCorruptSideFile(sideFile: string): void {
  try {
    JSON.parse(readFileSync(sideFile, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") rmSync(sideFile, { force: true });
  }
}

export function removeStaleLocks(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  for (const name of names) {
    const file = join(folder, name);
    const lock = readLock(file);
    if (lock === undefined) continue;
    if (lock.hostname !== hostname())
      throw new Error(
        `${lock.username} on ${lock.hostname} (process ${lock.pid}) has held the lock of this stack since ${lock.timestamp}: wait, or type 'pulumi cancel' if that engine is gone`,
      );
    if (isEngineRunning(lock))
      throw new Error(
        `Another engine (process ${lock.pid}, since ${lock.timestamp}) is at work on this stack: wait until it is done`,
      );
    rmSync(file, { force: true });
    console.error(
      `The engine with process number ${lock.pid} ended without giving the stack free (since ${lock.timestamp}): its lock is lifted.`,
    );
  }
}

/** Undefined when the holder gave it free meanwhile. */
function readLock(file: string): BackendLock | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as BackendLock;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(
      `The lock ${file} cannot be read: ${(error as Error).message}. If no engine runs, remove the file.`,
    );
  }
}

/**
 * Whether the process that took the lock still runs. One that is no engine, or started later, only
 * has the same number.
 */
function isEngineRunning(lock: BackendLock): boolean {
  const { stdout } = spawnSync("ps", ["-p", String(lock.pid), "-o", "lstart=,stat=,comm="], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
  });
  // E.g. "Sat Nov 21 01:23:08 2026 Sl   pulumi"; nothing when there is no such process.
  const found = /^(.{24})\s+(\S+)\s+(.+)$/.exec(stdout.trim());
  if (found === null || found[2]!.startsWith("Z") || basename(found[3]!) !== "pulumi") return false;
  return Date.parse(`${found[1]} UTC`) <= Date.parse(lock.timestamp) + 2000;
}

async function forgetPendingOperations(engine: Engine): Promise<void> {
  const file = join(engine.stateFolder!, "stacks", "plinth", `${engine.stack}.json`);
  if (!readFileSync(file, "utf8").includes('"pending_operations"')) return;
  const state = JSON.parse(await engine.capture("stack export")) as {
    deployment: { pending_operations?: { resource: { urn: string }; type: string }[] };
  };
  const pending = state.deployment.pending_operations ?? [];
  if (pending.length === 0) return;
  delete state.deployment.pending_operations;
  const edited = join(tmpdir(), `plinth-state-${process.pid}.json`);
  writeFileSync(edited, JSON.stringify(state), { mode: 0o600 });
  try {
    await engine.capture("stack import", "--file", edited);
  } finally {
    rmSync(edited, { force: true });
  }
  for (const { resource, type } of pending)
    console.error(`An engine was killed while ${type} ${resource.urn.split("::").at(-1)}: it is done again.`);
}
