import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { buildInitStep } from "@plinth/local/service-build.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { serviceRevision } from "../base/source-revision.ts";
import { processDefaults } from "../process/defaults.ts";
import type { LocatedService } from "./descriptor.ts";

export function serviceProcess(service: LocatedService, port: number): ProcessSpec {
  const [program, ...args] = service.command;
  const folder = service.standalone ? join(root, service.folder) : root;
  const revision = serviceRevision(service);
  // The kit listens as that needs; on other systems, two that listen on one port do not share what
  // comes in.
  const handover = !service.standalone && process.platform === "linux";
  return {
    ...processDefaults(folder),
    ...(service.build && { init: [buildInitStep(join(root, service.folder), revision, service.build)] }),
    // The Node that runs the program strips types; another one on PATH may not.
    command: program === "node" ? process.execPath : program,
    args,
    environment: {
      SERVICE_NAME: service.name,
      HOST: "127.0.0.1",
      PORT: String(port),
      ...(handover && { SHARE_PORT: "1" }),
    },
    ports: { http: port },
    ready: { kind: "http", port, path: service.probes.ready },
    // Longer than a service's own drain, so that the drain ends it.
    stop: { signal: "SIGTERM", graceSeconds: 20 },
    revision,
    handover,
  };
}
