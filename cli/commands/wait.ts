import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessStatus, status } from "@plinth/local/supervisor/client.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { listPodStates } from "../stack/pods.ts";
import { main } from "../terminal/main.ts";

const TIMEOUT_SECONDS = 120;

/**
 * `make wait`: returns when every process of the stack is ready; exit code 1 with what is not,
 * after two minutes.
 */
await main(async (stack) => {
  const where = await readStackLocation(stack);
  const deadline = Date.now() + TIMEOUT_SECONDS * 1000;
  for (let said = ""; ; await sleep(200)) {
    const found = "context" in where ? await listPodStates(where) : await status(where.directory);
    const late = found.filter((one) => ("ready" in one ? !one.ready : one.state !== "ready"));
    if (found.length > 0 && late.length === 0) break;
    const saying =
      found.length === 0 ? "nothing runs: 'make up' starts it" : `waiting for ${late.map(describeState).join(", ")}`;
    if (Date.now() > deadline) throw new Error(`Not ready after ${TIMEOUT_SECONDS} s: ${saying}`);
    if (saying !== said) console.error(saying);
    said = saying;
  }
  console.log("Everything is ready.");
  return 0;
});

function describeState({ name, state }: Pick<ProcessStatus, "name"> & { state: string }): string {
  return `${name} (${state})`;
}
