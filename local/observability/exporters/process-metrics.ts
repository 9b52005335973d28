import { status } from "../../supervisor/client.ts";
import type { ProcessStatus } from "../../supervisor/protocol.ts";
import { shouldRun } from "../../supervisor/state.ts";
import { readUsage } from "../../supervisor/system/usage.ts";
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
  const used = processes.flatMap(({ name, pid }) => {
    const usage = pid === undefined ? undefined : readUsage(pid);
    return usage ? [{ process: name, ...usage }] : [];
  });
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
    metricText(
      "plinth_process_cpu_seconds_total",
      "counter",
      "Processor time of a process and its descendants",
      used.map(({ process, cpuSeconds }) => [{ process }, cpuSeconds]),
    ),
    metricText(
      "plinth_process_resident_memory_bytes",
      "gauge",
      "Resident memory of a process and its descendants",
      used.map(({ process, memory }) => [{ process }, memory]),
    ),
  ].join("");
}
