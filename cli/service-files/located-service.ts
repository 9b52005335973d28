import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { discoverServices, type LocatedService, parseDescriptor } from "../../components/service/descriptor.ts";
import type { ServiceDescriptor } from "../../components/service/descriptor-rule.ts";

/**
 * A service by its name, or by its folder where it is not part of the platform yet.
 *
 * @throws {@link UserError} with the names of the services when there is none
 */
export function findService(root: string, nameOrFolder: string): LocatedService {
  const path = resolve(root, nameOrFolder);
  const services = discoverServices(root);
  const service = services.find(({ name, folder }) => name === nameOrFolder || resolve(root, folder) === path);
  if (service) return service;
  const file = join(path, "plinth.json");
  if (existsSync(file)) return locateStandalone(path, parseDescriptor(file, readFileSync(file, "utf8")));
  throw new UserError(
    `There is no service '${nameOrFolder}': the services are ${services.map(({ name }) => name).join(", ")}; name any other by its folder`,
  );
}

/** A service outside of the platform: its paths are relative to its folder. */
function locateStandalone(folder: string, descriptor: ServiceDescriptor): LocatedService {
  const { migrations } = descriptor;
  return {
    ...descriptor,
    ...(migrations !== undefined && { migrations: join(folder, migrations) }),
    folder,
    standalone: true,
  };
}
