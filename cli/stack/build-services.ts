import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { buildMarker, buildService } from "@plinth/local/service-build.ts";
import { discoverServices } from "../../components/service/descriptor.ts";
import { serviceRevision } from "../../components/service/revision.ts";

/**
 * Builds the services whose sources have changed, before the engine starts: their compilers' output
 * is visible, and the running versions go on meanwhile.
 */
export function buildServices(): void {
  for (const service of discoverServices(root)) {
    if (service.build === undefined) continue;
    const [folder, revision] = [join(root, service.folder), serviceRevision(service)];
    if (existsSync(buildMarker(folder, revision))) continue;
    const begun = Date.now();
    console.log(`Building ${service.name} (${service.folder})`);
    buildService(folder, revision, service.build);
    console.log(`  ${service.name} is built (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  }
}
