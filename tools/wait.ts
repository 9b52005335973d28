import { setTimeout as sleep } from "node:timers/promises";
import { type Status, status } from "@plinth/runtime/supervisor/client.ts";
import { location } from "./endpoints.ts";
import { main } from "./main.ts";
import { pods } from "./pods.ts";

const SECONDS = 120;

/** `make wait`: returns when every process of the stack is ready; exit code 1 with what is not, after two minutes. */
await main(async (stack) => {
  const where = await location(stack);
  const deadline = Date.now() + SECONDS * 1000;
  for (let said = ""; ; await sleep(200)) {
    const found = "context" in where ? await pods(where) : await status(where.directory);
    const late = found.filter((one) => ("ready" in one ? !one.ready : one.state !== "ready"));
    if (found.length > 0 && late.length === 0) break;
    const saying = found.length === 0 ? "nothing runs: 'make up' starts it" : `waiting for ${late.map(describe).join(", ")}`;
    if (Date.now() > deadline) throw new Error(`Not ready after ${SECONDS} s: ${saying}`);
    if (saying !== said) console.error(saying);
    said = saying;
  }
  console.log("Everything is ready.");
  return 0;
});

function describe({ name, state }: Pick<Status, "name"> & { state: string }): string {
  return `${name} (${state})`;
}
