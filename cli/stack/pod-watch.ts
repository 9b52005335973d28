import type { Engine } from "./engine.ts";
import { readPodProblems } from "./pod-problems.ts";
import { readStackFile } from "./stack-file.ts";

/** Milliseconds between two looks. A state that lasts for two of them is reported. */
const INTERVAL_MS = 5_000;

/**
 * Tells, while the engine waits for the pods of a cluster stack, which cannot start and why: by
 * itself it says so after ten minutes, and not always. Returns what ends the watch.
 *
 * @param print takes each sentence once
 */
export function watchPods(engine: Engine, print: (sentence: string) => void = console.error): PodWatch {
  const { context, namespace } = readStackFile(engine.stack);
  const told = new Set<string>();
  let previous = new Set<string>();
  const look = async () => {
    try {
      const found = await readPodProblems({ context, namespace });
      for (const sentence of found) {
        if (!previous.has(sentence) || told.has(sentence)) continue;
        told.add(sentence);
        print(`Waiting: ${sentence}`);
      }
      previous = new Set(found);
    } catch {
      // The engine reports a cluster that does not answer.
    }
  };
  // An engine that cannot be run at all must not leave a command that never ends.
  const timer = setInterval(look, INTERVAL_MS).unref();
  return {
    async end(code) {
      clearInterval(timer);
      if (code === 0) return;
      await look();
      if (previous.size > 0) print(`Not ready:\n${[...previous].map((sentence) => `  ${sentence}`).join("\n")}`);
    },
  };
}

export interface PodWatch {
  /** With the exit code of the engine: after a failure prints what is still wrong. */
  end(code: number): Promise<void>;
}
