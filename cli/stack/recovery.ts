import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";
import type { Engine } from "./engine.ts";

/** Far longer than writing a lock takes. */
const DRAFT_LIFETIME_MS = 1000;

/** The lock file of the file backend. */
interface BackendLock {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/**
 * Makes a stack usable after its engine was killed: ends the processes that it left, removes its
 * lock, and drops its pending operations (every provider here finds what it had created).
 *
 * @throws {@link UserError} when an engine is still at work
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
 * The file backend writes a lock as a draft and then renames it. An engine killed in between leaves
 * the draft, which every later engine takes for an unreadable lock. Drafts of live engines vanish
 * at once, so only remaining ones are removed.
 */
async function removeLockDrafts(folder: string): Promise<void> {
  const drafts = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".tmp")) : []);
  const found = drafts();
  if (found.length === 0) return;
  await sleep(DRAFT_LIFETIME_MS);
  for (const name of drafts().filter((each) => found.includes(each))) rmSync(join(folder, name), { force: true });
}

/**
 * The file backend writes a side file for each of its files, unless `metadata=skip` is set. A
 * half-written one, left by a killed engine, makes the stack unreadable; a missing one does not.
 */
function removeCorruptSideFile(sideFile: string): void {
  try {
    JSON.parse(readFileSync(sideFile, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") rmSync(sideFile, { force: true });
  }
}

/** Removes locks of engines that have ended. @throws {@link UserError} for a held lock */
export function removeStaleLocks(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  for (const name of names) {
    const file = join(folder, name);
    const lock = readLock(file);
    if (lock === undefined) continue;
    if (lock.hostname !== hostname())
      throw new UserError(
        `${lock.username} on ${lock.hostname} (process ${lock.pid}) has held the lock of this stack since ${lock.timestamp}: wait, or type 'pulumi cancel' if that engine is gone`,
      );
    if (isEngineRunning(lock))
      throw new UserError(
        `Another engine (process ${lock.pid}, since ${lock.timestamp}) is at work on this stack: wait until it is done`,
      );
    rmSync(file, { force: true });
    console.error(
      `The engine with process number ${lock.pid} ended without releasing the stack (since ${lock.timestamp}): its lock is removed.`,
    );
  }
}

/** Undefined when the holder has released it meanwhile. */
function readLock(file: string): BackendLock | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as BackendLock;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UserError(
      `The lock ${file} cannot be read: ${(error as Error).message}. If no engine runs, remove the file.`,
    );
  }
}

/**
 * Whether the holder of the lock still runs. Another program, or a later start, only reuses the
 * process number.
 */
function isEngineRunning(lock: BackendLock): boolean {
  const { stdout } = spawnSync("ps", ["-p", String(lock.pid), "-o", "lstart=,stat=,comm="], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
  });
  // Such as "Sat Nov 21 01:23:08 2026 Sl   pulumi"; empty when the process has ended.
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
    console.error(`An engine was killed while ${type} ${resource.urn.split("::").at(-1)}: it is repeated.`);
}
