import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";

/** Folder of services from other repositories, which are git submodules. */
export const PACKAGES = "packages";

/** A submodule below `packages/`, from `.gitmodules`. */
export interface Submodule {
  /** Relative to the root of the repository. */
  path: string;
  url: string;
  /** Whether its files exist: a clone without --recursive leaves an empty folder. */
  initialised: boolean;
}

/** The submodules in `packages/`, sorted by path. */
export function listSubmodules(root: string): Submodule[] {
  const file = join(root, ".gitmodules");
  const sections = existsSync(file)
    ? readFileSync(file, "utf8")
        .split(/^\s*\[submodule /m)
        .slice(1)
    : [];
  return sections
    .map((section) => ({ path: readSetting(section, "path"), url: readSetting(section, "url") }))
    .filter(({ path }) => path.startsWith(`${PACKAGES}/`))
    .map((submodule) => ({ ...submodule, initialised: existsSync(join(root, submodule.path, ".git")) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The folders of services in `packages/`.
 *
 * @throws UserError, with the command that solves it, for code that is not a submodule, for a
 *   submodule without its files, and for one without a descriptor
 */
export function listPackageFolders(root: string, except?: string): string[] {
  const submodules = new Map(listSubmodules(root).map((submodule) => [submodule.path, submodule]));
  for (const folder of listFolders(root, PACKAGES))
    if (!submodules.has(folder)) throw new UserError(notSubmoduleMessage(folder));
  for (const { path, initialised } of submodules.values()) {
    if (!initialised)
      throw new UserError(`${path} is a git submodule whose files are not here yet. Type: make submodules`);
    if (path !== except && !existsSync(join(root, path, "plinth.json")))
      throw new UserError(
        `${path} has no plinth.json, so the platform cannot run it. Type: make add-service PATH=${path}`,
      );
  }
  return [...submodules.keys()];
}

/** Paths of the folders in a folder of the root, sorted. */
export function listFolders(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`)
    .sort();
}

/** Why code in `packages/` must be a submodule, and how to make it one. */
export function notSubmoduleMessage(folder: string): string {
  const name = folder.slice(PACKAGES.length + 1);
  return (
    `${folder} is not a git submodule: ${PACKAGES}/ holds services of other repositories, ` +
    "so that each has its own history and releases. " +
    `Move it out (mv ${folder} ../${name}), commit it there to a new repository, ` +
    "then type: make add-service URL=<that repository>. " +
    `A service that belongs to this repository goes to services/${name}`
  );
}

function readSetting(section: string, name: string): string {
  return new RegExp(`^\\s*${name}\\s*=\\s*(.*?)\\s*$`, "m").exec(section)?.[1] ?? "";
}
