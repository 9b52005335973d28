import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { exitText, failureText } from "./failure.ts";
import { isRunning } from "./identity.ts";
import { launch } from "./launch.ts";
import { listensOn } from "./ports.ts";
import { end, type Run } from "./run.ts";
import type { ProcessSpec } from "./spec.ts";
import { ownMark, type Paths, type Recorded, type Running } from "./state.ts";

/** A process that listens beside the one whose place it is to take. */
export interface Successor {
  run: Run;
  running: Running;
}

const POLL_MS = 10;

/** Whether a process of `next` can be started while this one still listens, ready or not: it may just have taken another's place. */
export function canHandOver({ spec, running }: Recorded, next: ProcessSpec): boolean {
  const both = spec.handover === true && next.handover === true && isDeepStrictEqual(spec.ports, next.ports);
  return both && running !== undefined && isRunning(running) && listensOn(running.pid, Object.values(spec.ports));
}

/**
 * Starts `spec` beside what runs under the name, and resolves once it listens on all of its ports. Where it ends before that, takes too long or
 * is not wanted any more, nothing of it is left, and nothing was changed: throws what happened, with its last output.
 *
 * @param staged told of each of its processes in the moment it is there
 */
export async function startBeside(
  name: string,
  spec: ProcessSpec,
  paths: Paths,
  signal: AbortSignal,
  staged: (running: Running) => void,
): Promise<Successor> {
  let running: Running | undefined;
  const started = (_run: Run, found: Running) => {
    running = found;
    staged(found);
  };
  const run = await launch({ name, spec, paths, signal, started });
  const failed = { name, spec, log: paths.log(name), logStart: running!.logStart };
  const ports = Object.values(spec.ports);
  const exited = run.exited.then((exit) => exit);
  let exit: Awaited<typeof exited> | undefined;
  void exited.then((found) => {
    exit = found;
  });
  for (const deadline = Date.now() + spec.readyTimeoutSeconds * 1000; ; await sleep(POLL_MS)) {
    if (exit) throw new Error(failureText(`${exitText(exit)}, so the one before it goes on`, failed));
    if (listensOn(run.identity.pid, ports)) return { run, running: running! };
    if (!signal.aborted && Date.now() < deadline) continue;
    await end(run, ownMark(running), spec.stop);
    signal.throwIfAborted();
    const what = `did not listen on ${ports.join(", ")} within ${spec.readyTimeoutSeconds} s, so the one before it goes on`;
    throw new Error(failureText(what, failed));
  }
}
