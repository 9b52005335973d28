import { Supervisor } from "@plinth/providers/supervisor.ts";
import type { Runtime } from "../base/component.ts";
import type { KubernetesRuntimeSettings, ProcessRuntimeSettings } from "../config/config.ts";
import { PlatformNamespace } from "./platform-namespace.ts";

/**
 * Makes what everything else of a stack runs in: the supervisor of its processes, or its namespace.
 */
export function createRuntime(settings: ProcessRuntimeSettings | KubernetesRuntimeSettings): Runtime {
  if (settings.kind === "process")
    return { ...settings, supervisor: new Supervisor("supervisor", { directory: settings.directory }) };
  return new PlatformNamespace("platform", settings).runtime;
}
