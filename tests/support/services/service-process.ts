import { existsSync } from "node:fs";
import { join } from "node:path";
import { createServiceProcess, type ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { root } from "@plinth/local/locations.ts";
import { buildMarker, buildService } from "@plinth/local/service-build.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { discoverServices, type LocatedService } from "../../../components/service/descriptor.ts";
import { serviceRevision } from "../../../components/service/revision.ts";
import type { Platform } from "./platform.ts";

/**
 * Creates a separate process for a service, from its descriptor, without starting it. A service
 * that builds by itself is built, and runs in its folder, as on the platform.
 * @param environment in addition to the platform's
 * @param base root of the repository
 */
export async function createProcessOf(
  platform: Pick<Platform, "environment">,
  name: string,
  environment: Record<string, string> = {},
  base = root,
): Promise<ServiceProcess> {
  const descriptor = discoverServices(base).find((service) => service.name === name);
  if (!descriptor) throw new Error(`There is no service ${name}`);
  const folder = join(base, descriptor.folder);
  buildWhereNeeded(descriptor, folder);
  return createServiceProcess({
    command: descriptor.command,
    cwd: descriptor.standalone ? folder : base,
    environment: { ...platform.environment(), LOG_LEVEL: "info", SERVICE_NAME: name, ...environment },
    port: await findFreePort(),
    livePath: descriptor.probes.live,
  });
}

function buildWhereNeeded(service: LocatedService, folder: string): void {
  if (service.build === undefined) return;
  const revision = serviceRevision({ ...service, folder });
  if (!existsSync(buildMarker(folder, revision))) buildService(folder, revision, service.build);
}
