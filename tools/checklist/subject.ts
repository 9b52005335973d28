import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { discoverServices, type LocatedService, parseDescriptor, type ServiceDescriptor } from "../../components/descriptor.ts";
import { openProject, type Project } from "../add-service/project.ts";
import { type Instruction, parseDockerfile } from "./dockerfile.ts";

/** A service as the checklist sees it. */
export interface Subject {
  service: LocatedService;
  /** Root of this repository. */
  root: string;
  project: Project;
  /** The Dockerfile that makes its image, by its name for people, and the folder that the image is built from. */
  image: { label: string; context: string; instructions: Instruction[] } | undefined;
  /** Where it runs, without a slash at its end. */
  base?: string | undefined;
  /** What it has printed so far, where that can be read. */
  log?: (() => string) | undefined;
}

/** By its name, or by its folder where it is not part of the platform yet. Throws one sentence when there is no such service. */
export function openSubject(root: string, wanted: string, live: Pick<Subject, "base" | "log"> = {}): Subject {
  const service = find(root, wanted);
  const folder = resolve(root, service.folder);
  const [label, context] = service.standsAlone ? [join(service.folder, "Dockerfile"), folder] : ["services/Dockerfile", root];
  const file = resolve(root, label);
  const image = existsSync(file) ? { label, context, instructions: parseDockerfile(readFileSync(file, "utf8")) } : undefined;
  return { service, root, project: openProject(folder), image, ...live };
}

function find(root: string, wanted: string): LocatedService {
  const file = join(resolve(root, wanted), "plinth.json");
  const services = discoverServices(root);
  const found = services.find(({ name, folder }) => name === wanted || resolve(root, folder) === resolve(root, wanted));
  if (found) return found;
  if (existsSync(file)) return apart(resolve(root, wanted), parseDescriptor(file, readFileSync(file, "utf8")));
  throw new Error(
    `There is no service '${wanted}': the services are ${services.map(({ name }) => name).join(", ")}; any other is named by its folder`,
  );
}

/** A service that is not part of the platform yet. */
function apart(folder: string, descriptor: ServiceDescriptor): LocatedService {
  const { migrations } = descriptor;
  return { ...descriptor, ...(migrations !== undefined && { migrations: join(folder, migrations) }), folder, standsAlone: true };
}
