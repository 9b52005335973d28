import type { ProcessRuntime } from "../../base/runtime.ts";
import type { LocatedService } from "../../service/descriptor.ts";
import type { ObservabilityPorts } from "../settings.ts";

/** What the specifications of all processes are made of. */
export interface ProcessContext {
  runtime: ProcessRuntime;
  ports: ObservabilityPorts;
  profile: "light" | "full";
  retention: {
    days: number;
    /** As in `1GB`. */
    bytes: string;
  };
  services: readonly LocatedService[];
}

/** Folder of a process's data. */
export function folderOf({ runtime }: ProcessContext, process: string): string {
  return `${runtime.directory}/${process}`;
}

/** Processes reach each other on loopback; `localhost` may mean ::1 first. */
export function loopback(port: number): string {
  return `127.0.0.1:${port}`;
}
