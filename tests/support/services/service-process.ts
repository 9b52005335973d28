import { createServiceProcess, type ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { findFreePort } from "../servers/servers.ts";
import type { Platform } from "./platform.ts";

/**
 * A service of this repository in a process of its own, by its descriptor; not yet started. @param
 * environment in addition to the platform's
 */
export async function serviceProcess(
  platform: Platform,
  name: string,
  environment: Record<string, string> = {},
): Promise<ServiceProcess> {
  const found = discoverServices(root).find((service) => service.name === name);
  if (!found) throw new Error(`There is no service ${name}`);
  return createServiceProcess({
    command: found.command,
    cwd: root,
    environment: { ...platform.environment(), LOG_LEVEL: "info", SERVICE_NAME: name, ...environment },
    port: await findFreePort(),
    livePath: found.probes.live,
  });
}
