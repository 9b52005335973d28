import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJsonFile } from "@plinth/local/json-file.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { Engine } from "./engine.ts";
import type { ChangingCommand } from "./interruption.ts";
import { readStateResources } from "./outputs.ts";
import { editState, withoutResources } from "./state-edit.ts";
import { readStateFile } from "./state-file.ts";

/** Far longer than writing a lock takes. */
const DRAFT_LIFETIME_MS = 1000;

interface PendingOperation {
  urn: string;
  /** "creating", "deleting", … */
  type: string;
}

/** The lock file of the file backend. */
interface BackendLock {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/**
 * Makes a stack usable after its engine was killed: ends the processes that it left, removes its
 * lock, and takes from the state what is uncertain (every provider here finds what it had created).
 *
 * @returns whether an engine was killed: the state may name objects that are gone, and lack others
 * @throws {@link UserError} when an engine is still at work
 */
export async function recoverStack(engine: Engine): Promise<boolean> {
  if (engine.stateFile === undefined || !engine.exists) return false;
  // First of all: nothing is built or stopped over a damaged state.
  readStateFile(engine.stateFile);
  await engine.endOrphans();
  const locks = join(engine.stateFolder!, "locks", "organization", "plinth", engine.stack);
  await removeLockDrafts(locks);
  removeStaleLocks(locks);
  removeCorruptSideFile(`${engine.stateFile}.attrs`);
  const run = engine.note!.read();
  const pending = await forgetUnfinished(engine, run?.command);
  return run !== undefined || pending.length > 0;
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
  return readJsonFile<BackendLock>(file, "The engine's lock", () => `If no engine runs, type: rm '${file}'`);
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

/**
 * Resources whose deletion removes something from a server. After a killed deletion the state does
 * not say whether that has happened; created again, each finds what is there.
 */
const DELETED_FROM_SERVERS = /^pulumi-nodejs:dynamic\/plinth:(AvroSchemas|CacheTenants|KafkaTopics|TenantQuotas)$/;

/** Removes from the state what an engine had begun, and what it may have deleted from servers. */
async function forgetUnfinished(engine: Engine, command: ChangingCommand | undefined): Promise<PendingOperation[]> {
  const text = readFileSync(engine.stateFile!, "utf8");
  if (command === undefined && !text.includes('"pending_operations"')) return [];
  let pending: PendingOperation[] = [];
  await editState(engine, (state) => {
    const { pending_operations: operations = [], resources = [], ...rest } = state.deployment;
    pending = operations.map(({ resource, type }) => ({ urn: resource.urn, type }));
    const wasDeleting = command === "destroy" || pending.some(({ type }) => type === "deleting");
    const kept = wasDeleting ? withoutResources(resources, ({ type }) => DELETED_FROM_SERVERS.test(type)) : resources;
    if (pending.length === 0 && kept.length === resources.length) return undefined;
    return { ...state, deployment: { ...rest, ...(state.deployment.resources && { resources: kept }) } };
  });
  for (const { urn, type } of pending)
    console.error(`An engine was killed while ${type} ${urn.split("::").at(-1)}: it is repeated.`);
  return pending;
}

/**
 * Reads the objects of a cluster again that the state names: the killed engine may have deleted
 * them, and their provider compares with the state alone. Every other provider looks at its server.
 *
 * @returns the exit code of the engine
 */
export async function refreshObjects(engine: Engine): Promise<number> {
  const objects = readStateResources(engine).filter(({ type }) => type.startsWith("kubernetes:"));
  if (!engine.inCluster || objects.length === 0) return 0;
  console.error("An engine was killed at work on this stack: what is left in the cluster is read first.");
  return engine.run("refresh", ...engine.unattendedFlags, ...objects.flatMap(({ urn }) => ["--target", urn]));
}
