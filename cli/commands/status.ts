import { status } from "@plinth/local/supervisor/client.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { listPodStates } from "../stack/pods.ts";
import { readProcessMemory } from "../stack/process-memory.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/** `make status`: lists the processes or pods of a stack. Exit code 1 when one is not ready. */
await main(async (stack) => {
  const location = await readStackLocation(stack);
  if ("context" in location) {
    const pods = await listPodStates(location);
    const rows = pods.map(({ name, ready, state, restarts, node }) => [
      name,
      ready ? "ready" : state,
      String(restarts),
      node,
    ]);
    console.log(formatTable(["pod", "state", "restarts", "node"], rows));
    return pods.length > 0 && pods.every(({ ready }) => ready) ? 0 : 1;
  }
  const processes = await status(location.directory);
  const rows = processes.map(({ name, state, pid, restarts }) => [
    name,
    state,
    String(pid ?? ""),
    String(restarts),
    pid ? `${Math.round(readProcessMemory(pid).resident)} MiB` : "",
  ]);
  console.log(formatTable(["process", "state", "pid", "restarts", "resident"], rows));
  return processes.length > 0 && processes.every(({ state }) => state === "ready") ? 0 : 1;
});
