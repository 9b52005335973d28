import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  discoverServices,
  type LocatedService,
  parseDescriptor,
  type ServiceDescriptor,
} from "../../components/service/descriptor.ts";
import { openSourceFolder, type SourceFolder } from "../service-files/source-folder.ts";
import { type Instruction, parseDockerfile } from "./dockerfile.ts";

/** A service as the checklist sees it. */
export interface InspectedService {
  service: LocatedService;
  /** Root of this repository. */
  root: string;
  source: SourceFolder;
  /**
   * The Dockerfile that makes its image, by its name for people, and the folder that the image is
   * built from.
   */
  image: { label: string; context: string; instructions: Instruction[] } | undefined;
  /** Where it runs, without a slash at its end. */
  baseUrl?: string | undefined;
  /** What it has printed so far, where that can be read. */
  log?: (() => string) | undefined;
}

/**
 * By its name, or by its folder where it is not part of the platform yet. Throws one sentence when
 * there is no such service.
 */
export function inspectService(
  root: string,
  wanted: string,
  live: Pick<InspectedService, "baseUrl" | "log"> = {},
): InspectedService {
  const service = findService(root, wanted);
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

function findService(root: string, wanted: string): LocatedService {
  const file = join(resolve(root, wanted), "plinth.json");
  const services = discoverServices(root);
  const found = services.find(({ name, folder }) => name === wanted || resolve(root, folder) === resolve(root, wanted));
  if (found) return found;
  if (existsSync(file))
    return readStandaloneService(resolve(root, wanted), parseDescriptor(file, readFileSync(file, "utf8")));
  throw new Error(
    `There is no service '${wanted}': the services are ${services.map(({ name }) => name).join(", ")}; any other is named by its folder`,
  );
}

/** A service that is not part of the platform yet. */
function readStandaloneService(folder: string, descriptor: ServiceDescriptor): LocatedService {
  const { migrations } = descriptor;
  return {
    ...descriptor,
    ...(migrations !== undefined && { migrations: join(folder, migrations) }),
    folder,
    standalone: true,
  };
}
