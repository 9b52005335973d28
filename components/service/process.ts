import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { buildInitStep } from "@plinth/local/service-build.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { hostVariables, processDefaults } from "../process/defaults.ts";
import type { LocatedService } from "./descriptor.ts";
import { serviceRevision } from "./revision.ts";

/** @param allowedHosts names under which it answers besides the loopback's. @default none */
export function serviceProcess(service: LocatedService, port: number, allowedHosts?: readonly string[]): ProcessSpec {
  const [program, ...args] = service.command;
  const folder = service.standalone ? join(root, service.folder) : root;
  const revision = serviceRevision(service);
  // The kit listens with SO_REUSEPORT, so that old and new process overlap. Only Linux shares
  // connections between two listeners.
  const handover = !service.standalone && process.platform === "linux";
  return {
    ...processDefaults(folder),
    ...(service.build && { init: [buildInitStep(join(root, service.folder), revision, service.build)] }),
    // The Node that runs this program strips types; another one on PATH may not.
    command: program === "node" ? process.execPath : program,
    args,
    environment: {
      SERVICE_NAME: service.name,
      HOST: "127.0.0.1",
      PORT: String(port),
      ...hostVariables(allowedHosts),
      ...(handover && { SHARE_PORT: "1" }),
      ...(service.metricsPrefix !== undefined && { METRICS_PREFIX: service.metricsPrefix }),
    },
    ports: { http: port },
    ready: { kind: "http", port, path: service.probes.ready },
    // Longer than the kit's drain deadline, so that the service ends by itself.
    stop: { signal: "SIGTERM", graceSeconds: 20 },
    revision,
    handover,
  };
}
