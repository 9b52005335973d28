import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { ProcessSpec } from "../spec.ts";
import { markOfRun, type ProcessRecord, type RunningProcess, type SupervisorPaths } from "../state.ts";
import { isRunning } from "../system/identity.ts";
import { listensOn } from "../system/ports.ts";
import { describeExit, describeFailure } from "./failure.ts";
import { launch } from "./launch.ts";
import { type OsProcess, terminate } from "./os-process.ts";

/** A process that listens beside the one whose place it is to take. */
export interface Successor {
  run: OsProcess;
  running: RunningProcess;
}

const POLL_MS = 10;

/**
 * Whether a process of `next` can be started while this one still listens, ready or not: it may
 * just have taken another's place.
 */
export function canHandOver({ spec, running }: ProcessRecord, next: ProcessSpec): boolean {
  const both = spec.handover === true && next.handover === true && isDeepStrictEqual(spec.ports, next.ports);
  return both && running !== undefined && isRunning(running) && listensOn(running.pid, Object.values(spec.ports));
}

/**
 * Starts `spec` beside what runs under the name, and resolves once it listens on all of its ports.
 * Where it ends before that, takes too long or is not wanted any more, nothing of it is left, and
 * nothing was changed: throws what happened, with its last output.
 *
 * @param staged told of each of its processes in the moment it is there
 */
export async function startSuccessor(
  name: string,
  spec: ProcessSpec,
  paths: SupervisorPaths,
  signal: AbortSignal,
  staged: (running: RunningProcess) => void,
): Promise<Successor> {
  let running: RunningProcess | undefined;
  const started = (_run: OsProcess, found: RunningProcess) => {
    running = found;
    staged(found);
  };
  const run = await launch({ name, spec, paths, signal, onStart: started });
  const failed = { name, spec, log: paths.log(name), logStart: running!.logStart };
  const ports = Object.values(spec.ports);
  const exited = run.exited.then((exit) => exit);
  let exit: Awaited<typeof exited> | undefined;
  void exited.then((found) => {
    exit = found;
  });
  for (const deadline = Date.now() + spec.readyTimeoutSeconds * 1000; ; await sleep(POLL_MS)) {
    if (exit) throw new Error(describeFailure(`${describeExit(exit)}, so the one before it goes on`, failed));
    if (listensOn(run.identity.pid, ports)) return { run, running: running! };
    if (!signal.aborted && Date.now() < deadline) continue;
    await terminate(run, markOfRun(running), spec.stop);
    signal.throwIfAborted();
    const what = `did not listen on ${ports.join(", ")} within ${spec.readyTimeoutSeconds} s, so the one before it goes on`;
    throw new Error(describeFailure(what, failed));
  }
}
