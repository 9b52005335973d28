import { status } from "../../supervisor/client.ts";
import type { ProcessStatus } from "../../supervisor/protocol.ts";
import { shouldRun } from "../../supervisor/state.ts";
import { metricText } from "./exposition.ts";

/**
 * The supervisor's view of the stack's processes. A process that is killed and started again within
 * a second is never seen as down by a scrape; its restarts are.
 *
 * @param directory the stack's folder
 */
export async function readProcessMetrics(directory: string): Promise<string> {
  return processMetricsText(await status(directory));
}

export function processMetricsText(processes: readonly ProcessStatus[]): string {
  // One that a person has stopped is not missed.
  const wanted = processes.filter(({ state }) => shouldRun(state) || state === "failed");
  return [
    metricText(
      "plinth_process_ready",
      "gauge",
      "Whether a process that should run is ready",
      wanted.map(({ name, state }) => [{ process: name }, state === "ready" ? 1 : 0]),
    ),
    metricText(
      "plinth_process_restarts_total",
      "counter",
      "Starts of a process after its first",
      processes.map(({ name, restarts }) => [{ process: name }, restarts]),
    ),
  ].join("");
}
