import "@plinth/providers/engine-watch.ts";
import { Supervisor } from "@plinth/providers/supervisor.ts";
import type { ProcessRuntime, Runtime } from "../base/runtime.ts";
import { sourceRevision } from "../base/source-revision.ts";
import { PlatformNamespace, type PlatformNamespaceArgs } from "./platform-namespace.ts";

/** A {@link ProcessRuntime} whose supervisor does not exist yet. */
export type ProcessRuntimeSettings = Omit<ProcessRuntime, "supervisor">;

/** A namespace that does not exist yet. */
export type KubernetesRuntimeSettings = PlatformNamespaceArgs & { kind: "kubernetes" };

/** Creates what the rest of a stack runs in: the supervisor of its processes, or its namespace. */
export function createRuntime(settings: ProcessRuntimeSettings | KubernetesRuntimeSettings): Runtime {
  if (settings.kind === "process") {
    const { directory, portOffset } = settings;
    const revision = sourceRevision(["local/supervisor"]);
    return { ...settings, supervisor: new Supervisor("supervisor", { directory, portOffset, revision }) };
  }
  return new PlatformNamespace("platform", settings).runtime;
}
