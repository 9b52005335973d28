import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { buildMarker, buildService } from "@plinth/local/service-build.ts";
import { discoverServices } from "../../components/service/descriptor.ts";
import { serviceRevision } from "../../components/service/revision.ts";
import { requireBuildPrograms } from "./build-requirements.ts";

/**
 * Builds the services whose sources have changed, before the engine starts: their compilers' output
 * is visible, and the running versions go on meanwhile.
 */
export async function buildServices(): Promise<void> {
  const due = discoverServices(root).flatMap((service) => {
    const { build } = service;
    if (build === undefined) return [];
    const [folder, revision] = [join(root, service.folder), serviceRevision(service)];
    return existsSync(buildMarker(folder, revision)) ? [] : [{ ...service, build, path: folder, revision }];
  });
  await requireBuildPrograms(due);
  for (const { name, folder, path, revision, build } of due) {
    const begun = Date.now();
    console.log(`Building ${name} (${folder})`);
    buildService(path, revision, build);
    console.log(`  ${name} is built (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  }
}
