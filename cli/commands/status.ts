import { status } from "@plinth/local/supervisor/client.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { listPodStates } from "../stack/pods.ts";
import { readProcessMemory } from "../stack/process-memory.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/** `make status`: every process of the stack. Exit code 1 when one of them is not ready. */
await main(async (stack) => {
  const where = await readStackLocation(stack);
  if ("context" in where) {
    const found = await listPodStates(where);
    const rows = found.map(({ name, ready, state, restarts, node }) => [
      name,
      ready ? "ready" : state,
      String(restarts),
      node,
    ]);
    console.log(formatTable(["pod", "state", "restarts", "node"], rows));
    return found.length > 0 && found.every(({ ready }) => ready) ? 0 : 1;
  }
  const found = await status(where.directory);
  const rows = found.map(({ name, state, pid, restarts }) => [
    name,
    state,
    String(pid ?? ""),
    String(restarts),
    pid ? `${Math.round(readProcessMemory(pid).resident)} MiB` : "",
  ]);
  console.log(formatTable(["process", "state", "pid", "restarts", "resident"], rows));
  return found.length > 0 && found.every(({ state }) => state === "ready") ? 0 : 1;
});
