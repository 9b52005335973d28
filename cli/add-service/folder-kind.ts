import { existsSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { listSubmodules, notSubmoduleMessage, PACKAGES } from "../../components/service/packages.ts";

/** Where a service's folder is; this decides how the service joins the platform. */
export type FolderKind = "services" | "packages" | "elsewhere";

/** @throws {@link UserError} for a folder that cannot hold a service */
export function folderKind(root: string, folder: string): FolderKind {
  const path = relative(root, resolve(root, folder)).split(sep).join("/");
  if (path.startsWith("../") || path === "..") return "elsewhere";
  const [parent, name, deeper] = path.split("/");
  if (parent === "services" && name && !deeper && !["kit"].includes(name)) return "services";
  if (parent === PACKAGES && name && !deeper) {
    if (listSubmodules(root).some((submodule) => submodule.path === path)) return "packages";
    if (existsSync(join(root, path))) throw new UserError(notSubmoduleMessage(path));
    throw new UserError(`${path} does not exist: add a service of another repository with URL=<that repository>`);
  }
  throw new UserError(
    `${path || "The repository itself"} is not a place for a service: use a folder of services/, URL=… for another repository, or a folder outside of ${root}`,
  );
}
