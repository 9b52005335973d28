import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import type { ServiceDescriptor } from "../descriptor.ts";
import { inFolder } from "./spec.ts";

export interface ServiceEnvironment {
  plain: Record<string, string>;
  secret: Record<string, string>;
}

export function serviceProcess(descriptor: ServiceDescriptor, port: number, environment: ServiceEnvironment): ProcessSpec {
  const [program, ...args] = descriptor.command;
  return {
    ...inFolder(root),
    // The Node that runs the program strips types; another one on PATH may not.
    command: program === "node" ? process.execPath : program,
    args,
    environment: { ...environment.plain, SERVICE_NAME: descriptor.name, HOST: "127.0.0.1", PORT: String(port) },
    secrets: environment.secret,
    ports: { http: port },
    ready: { kind: "http", port, path: descriptor.probes.ready },
    // Longer than a service's own drain, so that the drain ends it.
    stop: { signal: "SIGTERM", graceSeconds: 20 },
    revision: sourceRevision([join("services", descriptor.name), "services/kit", "schemas"]),
  };
}

/** A hash of what a service runs: its own code, the kit and the schemas. `up` restarts it when this changed. */
export function sourceRevision(folders: string[]): string {
  const hash = createHash("sha256");
  for (const file of folders.flatMap(filesBelow)) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}
