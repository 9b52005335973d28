import type { ProcessRecord } from "../state.ts";
import { isRunning } from "../system/identity.ts";
import { readProcess } from "../system/process-table.ts";
import { describeProbe } from "./failure.ts";

/** Whether an init step runs. */
export function isPreparing({ running }: ProcessRecord): boolean {
  return running?.phase === "init" && isRunning(running);
}

/** What a process that has not failed is doing instead of being ready. */
export function describeWait(record: ProcessRecord): string {
  const { running, spec, since, state } = record;
  const seconds = Math.round((Date.now() - Date.parse(since)) / 1000);
  if (isPreparing(record)) return `is still being prepared after ${seconds} s`;
  if (running !== undefined && readProcess(running.pid)?.suspended)
    return `is suspended: let it go on with 'kill -CONT ${running.pid}'`;
  const probe = state === "unready" ? (spec.live ?? spec.ready) : spec.ready;
  return `is not ready after ${seconds} s (${describeProbe(probe)})`;
}
