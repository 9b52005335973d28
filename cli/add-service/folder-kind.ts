import { existsSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { listSubmodules, notSubmoduleMessage, PACKAGES } from "../../components/service/packages.ts";

/** Where a service's folder is, which decides how it belongs to the platform. */
export type FolderKind = "services" | "packages" | "elsewhere";

/** Throws one sentence for a folder where no service may be. */
export function folderKind(root: string, folder: string): FolderKind {
  const path = relative(root, resolve(root, folder)).split(sep).join("/");
  if (path.startsWith("../") || path === "..") return "elsewhere";
  const [parent, name, deeper] = path.split("/");
  if (parent === "services" && name && !deeper && !["kit"].includes(name)) return "services";
  if (parent === PACKAGES && name && !deeper) {
    if (listSubmodules(root).some((submodule) => submodule.path === path)) return "packages";
    if (existsSync(join(root, path))) throw new Error(notSubmoduleMessage(path));
    throw new Error(`${path} is not there: a service of another repository is added with URL=<that repository>`);
  }
  throw new Error(
    `${path || "The repository itself"} is no place for a service: those of this repository are folders of services/, those of others come with URL=…, and any folder outside of ${root} will do`,
  );
}
