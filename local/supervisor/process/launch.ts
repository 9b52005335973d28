import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeAtomically } from "../atomic-file.ts";
import { fileSize } from "../logs.ts";
import type { SupervisorPaths } from "../paths.ts";
import type { InitStep, ProcessSpec } from "../spec.ts";
import type { RunningProcess } from "../state.ts";
import { MARK_VARIABLE, type ProcessIdentity } from "../system/identity.ts";
import { withoutRoot } from "../system/privileges.ts";
import { type OsProcess, type SpawnOptions, spawnProcess } from "./os-process.ts";
import { removeStalePidFiles } from "./pid-file.ts";

export interface LaunchOptions {
  name: string;
  spec: ProcessSpec;
  paths: SupervisorPaths;
  /** Called with every process as soon as it runs. */
  onStart: (run: OsProcess, running: RunningProcess) => void;
  signal: AbortSignal;
  /** Resolves once the main process may start. */
  beforeMain?: () => Promise<void>;
  /** The process that ran last under the name. */
  last?: ProcessIdentity | undefined;
}

/**
 * Creates the working folder, removes stale pid files, runs init steps, writes files, then starts
 * the process.
 */
export async function launch(options: LaunchOptions): Promise<OsProcess> {
  const { spec, signal } = options;
  mkdirSync(spec.cwd, { recursive: true });
  removeStalePidFiles(spec, options.last);
  for (const step of spec.init) await runInitStep(step, options);
  for (const [path, content] of Object.entries(spec.files)) writeAtomically(path, content);
  signal.throwIfAborted();
  await options.beforeMain?.();
  signal.throwIfAborted();
  return startPhase(options, "main", spec.command, spec.args);
}

/**
 * Runs a step unless the path that it creates exists. A note on disk marks a step that has not
 * succeeded, because it failed or was killed. The next run then removes what the step has created
 * (from the topmost folder on the way to `creates` that was missing) and repeats it.
 */
async function runInitStep(step: InitStep, options: LaunchOptions): Promise<void> {
  const { paths, signal } = options;
  const note = join(paths.state, `init-${createHash("sha256").update(step.creates).digest("hex").slice(0, 16)}`);
  if (existsSync(note)) rmSync(readFileSync(note, "utf8"), { recursive: true, force: true });
  else if (existsSync(step.creates)) return;
  else writeAtomically(note, topmostMissingPath(step.creates));
  signal.throwIfAborted();
  const { exited } = await startPhase(options, "init", step.command, step.args, step.stdin ?? "");
  const { code, signal: killer } = await exited;
  signal.throwIfAborted();
  if (code !== 0 || !existsSync(step.creates)) {
    const how = code === 0 ? `ended without creating ${step.creates}` : `failed with ${killer ?? `exit code ${code}`}`;
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
  const options: SpawnOptions = {
    ...(spec.dropRoot ? withoutRoot(command, args, [spec.cwd]) : { command, args }),
    cwd: spec.cwd,
    environment: { ...inheritedEnvironment(), ...spec.environment, ...spec.secrets, [MARK_VARIABLE]: mark },
    log,
    ...(stdin === undefined ? {} : { stdin }),
  };
  return spawnProcess(options, (run) => onStart(run, { ...run.identity, phase, logStart, mark }));
}

function inheritedEnvironment(): Record<string, string> {
  // Node keeps compiled code in NODE_COMPILE_CACHE: without it a service takes a third more memory
  // and starts half as fast.
  const names = ["PATH", "HOME", "LANG", "TZ", "NODE_COMPILE_CACHE"];
  // A login session's temporary folder ends with it; without the variable, programs use the
  // system's.
  if (existsSync(process.env.TMPDIR ?? "")) names.push("TMPDIR");
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function topmostMissingPath(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) ? path : topmostMissingPath(parent);
}
