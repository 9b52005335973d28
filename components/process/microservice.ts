import { root } from "@plinth/runtime/locations.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import type { ServiceDescriptor } from "../descriptor.ts";
import { serviceRevision } from "../source-revision.ts";
import { inFolder } from "./spec.ts";

export function serviceProcess(descriptor: ServiceDescriptor, port: number): ProcessSpec {
  const [program, ...args] = descriptor.command;
  return {
    ...inFolder(root),
    // The Node that runs the program strips types; another one on PATH may not.
    command: program === "node" ? process.execPath : program,
    args,
    environment: { SERVICE_NAME: descriptor.name, HOST: "127.0.0.1", PORT: String(port) },
    ports: { http: port },
    ready: { kind: "http", port, path: descriptor.probes.ready },
    // Longer than a service's own drain, so that the drain ends it.
    stop: { signal: "SIGTERM", graceSeconds: 20 },
    revision: serviceRevision(descriptor.name),
  };
}
