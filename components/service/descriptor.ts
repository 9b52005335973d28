import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { parse } from "@plinth/local/validation/check.ts";
import { descriptorRule, type ServiceDescriptor } from "./descriptor-rule.ts";
import { listFolders, listPackageFolders } from "./packages.ts";

/** A service and its folder. */
export interface LocatedService extends ServiceDescriptor {
  /** Relative to the root of the repository. */
  folder: string;
  /**
   * Whether it builds and runs by itself, in any language: a submodule in `packages/`, or a folder
   * with a Dockerfile. Other services use the kit and are built together with this repository.
   * `migrations` is relative to the root either way.
   */
  standalone: boolean;
}

/**
 * The services in `services/` and `packages/`, sorted by name.
 *
 * @param except a folder to skip, because its descriptor does not exist yet
 * @throws UserError for the first service that is wrong
 */
export function discoverServices(root: string, except?: string): LocatedService[] {
  const internal = listFolders(root, "services").filter((folder) => existsSync(join(root, folder, "plinth.json")));
  const folders = [...internal, ...listPackageFolders(root, except)].filter((folder) => folder !== except);
  const services = folders.map((folder) => readService(root, folder));
  for (const field of ["name", "port"] as const) rejectDuplicates(services, field);
  return services.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The service of one folder, relative to the root. @throws as {@link parseDescriptor} */
export function readService(root: string, folder: string): LocatedService {
  const file = join(folder, "plinth.json");
  const descriptor = parseDescriptor(file, readFileSync(join(root, file), "utf8"));
  const standalone = !folder.startsWith("services/") || existsSync(join(root, folder, "Dockerfile"));
  const { migrations } = descriptor;
  return {
    ...descriptor,
    ...(standalone && migrations !== undefined && { migrations: join(folder, migrations) }),
    folder,
    standalone,
  };
}

function rejectDuplicates(services: readonly LocatedService[], field: "name" | "port"): void {
  const seen = new Map<string | number, LocatedService>();
  for (const service of services) {
    const other = seen.get(service[field]);
    if (other)
      throw new UserError(
        `${service.folder}/plinth.json: '${field}' is ${service[field]}, which ${other.folder} has already; change one`,
      );
    seen.set(service[field], service);
  }
}

/** @throws UserError naming file and field */
export function parseDescriptor(file: string, text: string): ServiceDescriptor {
  const value = parseJson(file, text);
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined) throw new UserError(`${file}: '${repeated}' is there twice in the same object; keep one`);
  return parse(descriptorRule, value, { where: file, what: "a service descriptor" });
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** A key that an object of a JSON text has twice: JSON.parse keeps the last one without a word. */
function findRepeatedKey(json: string): string | undefined {
  const openObjects: Set<string>[] = [];
  for (const [token, key] of json.matchAll(/[{}]|("(?:[^"\\]+|\\.)*")(?:\s*:)?/g)) {
    if (token === "{") openObjects.push(new Set());
    else if (token === "}") openObjects.pop();
    else if (token.endsWith(":")) {
      const name = JSON.parse(key!) as string;
      const names = openObjects.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}
