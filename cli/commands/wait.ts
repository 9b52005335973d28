import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { readPodProblems } from "../stack/pod-problems.ts";
import { listPodStates } from "../stack/pods.ts";
import { findProcessStates } from "../stack/processes.ts";
import { main } from "../terminal/main.ts";

const TIMEOUT_SECONDS = 120;

/** `make wait`: waits until every process of the stack is ready. Exit code 1 after two minutes. */
await main(async (stack) => {
  const location = await readStackLocation(stack);
  const deadline = Date.now() + TIMEOUT_SECONDS * 1000;
  for (let printed = ""; ; await sleep(200)) {
    const processes = await ("context" in location ? listPodStates(location) : findProcessStates(location.directory));
    const late = processes.filter(({ ready }) => !ready);
    if (processes.length > 0 && late.length === 0) break;
    const message =
      processes.length === 0
        ? "nothing runs: 'make up' starts it"
        : `waiting for ${late.map(describeState).join(", ")}`;
    if (Date.now() > deadline) {
      const problems = "context" in location ? await readPodProblems(location) : [];
      throw new UserError([`Not ready after ${TIMEOUT_SECONDS} s: ${message}`, ...problems].join("\n  "));
    }
    if (message !== printed) console.error(message);
    printed = message;
  }
  console.log("Everything is ready.");
  return 0;
});

function describeState({ name, state }: { name: string; state: string }): string {
  return `${name} (${state})`;
}
