import { readUsage } from "../../../supervisor/system/usage.ts";

interface Sample {
  cpuSeconds: number;
  atMs: number;
  cpu?: number;
  memory: number;
}

/** Two measurements closer than this would show the kernel's 10 ms ticks. */
const MIN_INTERVAL_MS = 900;
const FORGOTTEN_AFTER_MS = 60_000;

/** Processor time that processes took between two measurements. */
export class CpuShares {
  private readonly samples = new Map<number, Sample>();

  /** `cpu` is absent at the first measurement of a process. */
  measure(pid: number): { cpu?: number; memory?: number } {
    const now = Date.now();
    const last = this.samples.get(pid);
    if (last && now - last.atMs < MIN_INTERVAL_MS) return shown(last);
    for (const [each, { atMs }] of this.samples) if (now - atMs > FORGOTTEN_AFTER_MS) this.samples.delete(each);
    const usage = readUsage(pid);
    if (usage === undefined) return {};
    // A later process may have the same pid; descendants that ended take their time with them.
    const spent = last ? Math.max(0, usage.cpuSeconds - last.cpuSeconds) : undefined;
    const sample: Sample = {
      ...usage,
      atMs: now,
      ...(last && spent !== undefined && { cpu: Math.round((spent / (now - last.atMs)) * 1e5) / 100 }),
    };
    this.samples.set(pid, sample);
    return shown(sample);
  }
}

function shown({ cpu, memory }: Sample): { cpu?: number; memory: number } {
  return { memory, ...(cpu !== undefined && { cpu }) };
}
