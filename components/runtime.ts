import type { Runtime } from "./component.ts";
import type { NamespaceSettings, ProcessSettings } from "./config.ts";
import { PlatformNamespace } from "./platform-namespace.ts";
import { Supervisor } from "./providers/supervisor.ts";

/** Makes what everything else of a stack runs in: the supervisor of its processes, or its namespace. */
export function openRuntime(settings: ProcessSettings | NamespaceSettings): Runtime {
  if (settings.kind === "process") return { ...settings, supervisor: new Supervisor("supervisor", { directory: settings.directory }) };
  return new PlatformNamespace("platform", settings).runtime;
}
