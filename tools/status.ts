import { status } from "@plinth/runtime/supervisor/client.ts";
import { location } from "./endpoints.ts";
import { main } from "./main.ts";
import { memoryOf } from "./memory.ts";
import { pods } from "./pods.ts";
import { table } from "./table.ts";

/** `make status`: every process of the stack. Exit code 1 when one of them is not ready. */
await main(async (stack) => {
  const where = await location(stack);
  if ("context" in where) {
    const found = await pods(where);
    const rows = found.map(({ name, ready, state, restarts, node }) => [name, ready ? "ready" : state, String(restarts), node]);
    console.log(table(["pod", "state", "restarts", "node"], rows));
    return found.length > 0 && found.every(({ ready }) => ready) ? 0 : 1;
  }
  const found = await status(where.directory);
  const rows = found.map(({ name, state, pid, restarts }) => [
    name,
    state,
    String(pid ?? ""),
    String(restarts),
    pid ? `${Math.round(memoryOf(pid).resident)} MiB` : "",
  ]);
  console.log(table(["process", "state", "pid", "restarts", "resident"], rows));
  return found.length > 0 && found.every(({ state }) => state === "ready") ? 0 : 1;
});
