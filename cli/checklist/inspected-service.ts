import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LocatedService } from "../../components/service/descriptor.ts";
import { findService } from "../service-files/located-service.ts";
import { openSourceFolder, type SourceFolder } from "../service-files/source-folder.ts";
import { type Instruction, parseDockerfile } from "./dockerfile.ts";

/** A service as the checklist sees it. */
export interface InspectedService {
  service: LocatedService;
  /** Root of this repository. */
  root: string;
  source: SourceFolder;
  /** Its Dockerfile: the path for people, the folder of the build, the instructions. */
  image: { label: string; context: string; instructions: Instruction[] } | undefined;
  /** URL at which it runs, without a slash at its end. */
  baseUrl?: string | undefined;
  /** Reads its log so far, where that is possible. */
  log?: (() => string) | undefined;
}

/**
 * @param nameOrFolder a name, or a folder where the service is not part of the platform yet
 * @throws {@link UserError} when there is no such service
 */
export function inspectService(
  root: string,
  nameOrFolder: string,
  live: Pick<InspectedService, "baseUrl" | "log"> = {},
): InspectedService {
  const service = findService(root, nameOrFolder);
  const folder = resolve(root, service.folder);
  const [label, context] = service.standalone
    ? [join(service.folder, "Dockerfile"), folder]
    : ["services/Dockerfile", root];
  const file = resolve(root, label);
  const image = existsSync(file)
    ? { label, context, instructions: parseDockerfile(readFileSync(file, "utf8")) }
    : undefined;
  return { service, root, source: openSourceFolder(folder), image, ...live };
}
