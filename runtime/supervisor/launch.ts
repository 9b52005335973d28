import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { MARK } from "./identity.ts";
import { sizeOf } from "./logs.ts";
import { withoutRoot } from "./privileges.ts";
import { type Run, type Start, start } from "./run.ts";
import type { InitStep, ProcessSpec } from "./spec.ts";
import { type Paths, type Running, writeAtomically } from "./state.ts";

export interface Launching {
  name: string;
  spec: ProcessSpec;
  paths: Paths;
  /** Told of every process in the moment it is there. */
  started: (run: Run, running: Running) => void;
  signal: AbortSignal;
}

/** Folder, init steps, files, then the process itself. */
export async function launch(launching: Launching): Promise<Run> {
  const { spec, signal } = launching;
  mkdirSync(spec.cwd, { recursive: true });
  for (const step of spec.init) await initialize(step, launching);
  for (const [path, content] of Object.entries(spec.files)) writeAtomically(path, content);
  signal.throwIfAborted();
  return begin(launching, "main", spec.command, spec.args);
}

/**
 * Runs a step unless what it creates is there. A note on disk lasts as long as the step is not done, so that one that failed or was killed
 * is known: then whatever was not there before it (the topmost missing folder on the way to `creates`) is removed, and it runs again.
 */
async function initialize(step: InitStep, launching: Launching): Promise<void> {
  const { paths, signal } = launching;
  const note = join(paths.state, `init-${createHash("sha256").update(step.creates).digest("hex").slice(0, 16)}`);
  if (existsSync(note)) rmSync(readFileSync(note, "utf8"), { recursive: true, force: true });
  else if (existsSync(step.creates)) return;
  else writeAtomically(note, topmostMissing(step.creates));
  signal.throwIfAborted();
  const { exited } = await begin(launching, "init", step.command, step.args, step.stdin ?? "");
  const { code, signal: killer } = await exited;
  signal.throwIfAborted();
  if (code !== 0 || !existsSync(step.creates)) {
    const how = code === 0 ? `ended without making ${step.creates}` : `failed with ${killer ?? `exit code ${code}`}`;
    throw new Error(`init step ${step.command} ${how}`);
  }
  rmSync(note);
}

async function begin(
  { name, spec, paths, started }: Launching,
  phase: Running["phase"],
  command: string,
  args: string[],
  stdin?: string,
): Promise<Run> {
  const log = paths.log(name);
  const logStart = sizeOf(log);
  const mark = `${paths.mark(name).value}#${randomUUID().slice(0, 8)}`;
  const what: Start = {
    ...(spec.dropRoot ? withoutRoot(command, args, [spec.cwd]) : { command, args }),
    cwd: spec.cwd,
    environment: { ...inherited(), ...spec.environment, ...spec.secrets, [MARK]: mark },
    log,
    ...(stdin === undefined ? {} : { stdin }),
  };
  return start(what, (run) => started(run, { ...run.identity, phase, logStart, mark }));
}

/** Values that must not be shown: the secrets, and what is typed into init steps is never shown at all. */
export function secretsOf(spec: ProcessSpec): string[] {
  return Object.values(spec.secrets);
}

function inherited(): Record<string, string> {
  // The last one is where Node keeps compiled code: without it a service of ours is a third larger and starts half as fast.
  const names = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_COMPILE_CACHE"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

function topmostMissing(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) ? path : topmostMissing(parent);
}
