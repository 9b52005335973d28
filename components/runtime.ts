import type { Runtime } from "./component.ts";
import type { PlatformConfig } from "./config.ts";
import { Supervisor } from "./providers/supervisor.ts";

/** Makes what everything else of a stack runs in: here the supervisor of its processes. */
export function openRuntime(config: PlatformConfig): Runtime {
  const supervisor = new Supervisor("supervisor", { directory: config.runtime.directory });
  return { ...config.runtime, supervisor };
}
