import { type OwnProcess, ownProcess } from "@plinth/kit/testing/own-process.ts";
import { root } from "@plinth/runtime/locations.ts";
import { discoverServices } from "../../components/descriptor.ts";
import { freePort } from "../support/servers.ts";
import type { Platform } from "./platform.ts";

/** A service of this repository in a process of its own, by its descriptor; not yet started. @param environment in addition to the platform's */
export async function serviceProcess(platform: Platform, name: string, environment: Record<string, string> = {}): Promise<OwnProcess> {
  const found = discoverServices(root).find((service) => service.name === name);
  if (!found) throw new Error(`There is no service ${name}`);
  return ownProcess({
    command: found.command,
    cwd: root,
    environment: { ...platform.environment(), LOG_LEVEL: "info", SERVICE_NAME: name, ...environment },
    port: await freePort(),
    live: found.probes.live,
  });
}
