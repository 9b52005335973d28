import { createServiceProcess, type ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { root } from "@plinth/local/locations.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import type { Platform } from "./platform.ts";

/**
 * Creates a separate process for a service, from its descriptor, without starting it.
 * @param environment in addition to the platform's
 */
export async function createProcessOf(
  platform: Platform,
  name: string,
  environment: Record<string, string> = {},
): Promise<ServiceProcess> {
  const descriptor = discoverServices(root).find((service) => service.name === name);
  if (!descriptor) throw new Error(`There is no service ${name}`);
  return createServiceProcess({
    command: descriptor.command,
    cwd: root,
    environment: { ...platform.environment(), LOG_LEVEL: "info", SERVICE_NAME: name, ...environment },
    port: await findFreePort(),
    livePath: descriptor.probes.live,
  });
}
