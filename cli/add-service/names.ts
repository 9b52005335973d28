import { UserError } from "@plinth/local/user-error.ts";
import type { LocatedService } from "../../components/service/descriptor.ts";
import { PACKAGES } from "../../components/service/packages.ts";

/** A valid service name for a folder of any name. */
export function toServiceName(folder: string): string {
  return folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 40);
}

/** The folder of a submodule for a repository of this name, relative to the root. */
export function submoduleFolder(name: string): string {
  return `${PACKAGES}/${toServiceName(name)}`;
}

/** @throws {@link UserError} when a service in another folder has this name */
export function assertNameUnused(name: string, folder: string, services: readonly LocatedService[]): void {
  const namesake = services.find((service) => service.name === name && service.folder !== folder);
  if (namesake) throw new UserError(`${namesake.folder} is called '${name}' already: choose another name with NAME=…`);
}
