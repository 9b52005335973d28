import { resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { hashFiles, listFilesBelow, listSourceFiles } from "../base/source-revision.ts";
import type { LocatedService } from "./descriptor.ts";

type ServiceFolder = Pick<LocatedService, "folder" | "standalone">;

/** A hash of the sources that a service runs: its process or image is replaced when it changes. */
export function serviceRevision(service: ServiceFolder): string {
  const { base, files } = listServiceFiles(service);
  return hashFiles(base, files);
}

/**
 * Those sources, relative to `base`: the service's folder, and, unless it stands alone, the kit and
 * the schemas.
 */
export function listServiceFiles({ folder, standalone }: ServiceFolder): { base: string; files: string[] } {
  const absolute = resolve(root, folder);
  return standalone
    ? { base: absolute, files: listSourceFiles(absolute) }
    : { base: root, files: [folder, "services/kit", "schemas"].flatMap(listFilesBelow) };
}
