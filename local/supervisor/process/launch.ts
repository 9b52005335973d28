import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileSize } from "../logs.ts";
import type { InitStep, ProcessSpec } from "../spec.ts";
import { type RunningProcess, type SupervisorPaths, writeAtomically } from "../state.ts";
import { MARK_VARIABLE } from "../system/identity.ts";
import { withoutRoot } from "../system/privileges.ts";
import { type OsProcess, type SpawnOptions, spawnProcess } from "./os-process.ts";

export interface LaunchOptions {
  name: string;
  spec: ProcessSpec;
  paths: SupervisorPaths;
  /** Told of every process in the moment it is there. */
  onStart: (run: OsProcess, running: RunningProcess) => void;
  signal: AbortSignal;
}

/** Folder, init steps, files, then the process itself. */
export async function launch(launching: LaunchOptions): Promise<OsProcess> {
  const { spec, signal } = launching;
  mkdirSync(spec.cwd, { recursive: true });
  for (const step of spec.init) await runInitStep(step, launching);
  for (const [path, content] of Object.entries(spec.files)) writeAtomically(path, content);
  signal.throwIfAborted();
  return startPhase(launching, "main", spec.command, spec.args);
}

/**
 * Runs a step unless what it creates is there. A note on disk lasts as long as the step is not
 * done, so that one that failed or was killed is known: then whatever was not there before it (the
 * topmost missing folder on the way to `creates`) is removed, and it runs again.
 */
async function runInitStep(step: InitStep, launching: LaunchOptions): Promise<void> {
  const { paths, signal } = launching;
  const note = join(paths.state, `init-${createHash("sha256").update(step.creates).digest("hex").slice(0, 16)}`);
  if (existsSync(note)) rmSync(readFileSync(note, "utf8"), { recursive: true, force: true });
  else if (existsSync(step.creates)) return;
  else writeAtomically(note, topmostMissingPath(step.creates));
  signal.throwIfAborted();
  const { exited } = await startPhase(launching, "init", step.command, step.args, step.stdin ?? "");
  const { code, signal: killer } = await exited;
  signal.throwIfAborted();
  if (code !== 0 || !existsSync(step.creates)) {
    const how = code === 0 ? `ended without making ${step.creates}` : `failed with ${killer ?? `exit code ${code}`}`;
    throw new Error(`init step ${step.command} ${how}`);
  }
  rmSync(note);
}

async function startPhase(
  { name, spec, paths, onStart }: LaunchOptions,
  phase: RunningProcess["phase"],
  command: string,
  args: string[],
  stdin?: string,
): Promise<OsProcess> {
  const log = paths.log(name);
  const logStart = fileSize(log);
  const mark = `${paths.mark(name).value}#${randomUUID().slice(0, 8)}`;
  const what: SpawnOptions = {
    ...(spec.dropRoot ? withoutRoot(command, args, [spec.cwd]) : { command, args }),
    cwd: spec.cwd,
    environment: { ...inheritedEnvironment(), ...spec.environment, ...spec.secrets, [MARK_VARIABLE]: mark },
    log,
    ...(stdin === undefined ? {} : { stdin }),
  };
  return spawnProcess(what, (run) => onStart(run, { ...run.identity, phase, logStart, mark }));
}

/**
 * Values that must not be shown: the secrets, and what is typed into init steps is never shown at
 * all.
 */
export function secretsOf(spec: ProcessSpec): string[] {
  return Object.values(spec.secrets);
}

function inheritedEnvironment(): Record<string, string> {
  // The last one is where Node keeps compiled code: without it a service of ours is a third larger
  // and starts half as fast.
  const names = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_COMPILE_CACHE"];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function topmostMissingPath(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) ? path : topmostMissingPath(parent);
}
