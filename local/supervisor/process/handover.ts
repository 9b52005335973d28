import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { SupervisorPaths } from "../paths.ts";
import type { ProcessSpec } from "../spec.ts";
import { type Exit, markOfRun, type ProcessRecord, type RunningProcess } from "../state.ts";
import { isRunning } from "../system/identity.ts";
import { listensOn } from "../system/ports.ts";
import { describeExit, describeFailure } from "./failure.ts";
import { launch } from "./launch.ts";
import { type OsProcess, terminate } from "./os-process.ts";

/** A process that listens next to the one that it replaces. */
export interface Successor {
  run: OsProcess;
  running: RunningProcess;
}

const POLL_MS = 10;

/**
 * Whether a process of `next` can start while this one listens. This one need not be ready: it may
 * just have replaced another.
 */
export function canHandOver({ spec, running }: ProcessRecord, next: ProcessSpec): boolean {
  const both = spec.handover === true && next.handover === true && isDeepStrictEqual(spec.ports, next.ports);
  return both && running !== undefined && isRunning(running) && listensOn(running.pid, Object.values(spec.ports));
}

/**
 * Starts `spec` next to the process that runs under the name; resolves once it listens on all of
 * its ports.
 *
 * @param onStart called with each of its processes as soon as it runs
 * @throws the failure with the last output, if it ends, takes too long or `signal` aborts. It is
 * gone then, and the running process is unchanged.
 */
export async function startSuccessor(
  name: string,
  spec: ProcessSpec,
  paths: SupervisorPaths,
  signal: AbortSignal,
  onStart: (running: RunningProcess) => void,
): Promise<Successor> {
  let running: RunningProcess | undefined;
  const noteStart = (_run: OsProcess, started: RunningProcess) => {
    running = started;
    onStart(started);
  };
  const run = await launch({ name, spec, paths, signal, onStart: noteStart });
  const failedProcess = { name, spec, log: paths.log(name), logStart: running!.logStart };
  const ports = Object.values(spec.ports);
  let exit: Exit | undefined;
  void run.exited.then((ended) => {
    exit = ended;
  });
  for (const deadline = Date.now() + spec.readyTimeoutSeconds * 1000; ; await sleep(POLL_MS)) {
    if (exit) throw new Error(describeFailure(`${describeExit(exit)}, so the one before it goes on`, failedProcess));
    if (listensOn(run.identity.pid, ports)) return { run, running: running! };
    if (!signal.aborted && Date.now() < deadline) continue;
    await terminate(run, markOfRun(running), spec.stop);
    signal.throwIfAborted();
    const failure = `did not listen on ${ports.join(", ")} within ${spec.readyTimeoutSeconds} s, so the one before it goes on`;
    throw new Error(describeFailure(failure, failedProcess));
  }
}
