import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";

/** Where services of other repositories are, as git submodules. */
export const PACKAGES = "packages";

/** A submodule below `packages/`, as `.gitmodules` has it. */
export interface Submodule {
  /** Relative to the root of the repository. */
  path: string;
  url: string;
  /** Whether its files are here: a clone without --recursive leaves an empty folder. */
  initialised: boolean;
}

/** In the order of their paths. */
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
    .map((found) => ({ ...found, initialised: existsSync(join(root, found.path, ".git")) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The folders of services in `packages/`. Throws one sentence, with the command that mends it, for
 * code that was dropped straight in, and for a submodule that is not here yet or describes no
 * service.
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
        `${path} has no plinth.json, so nothing says how it runs. Type: make add-service PATH=${path}`,
      );
  }
  return [...submodules.keys()];
}

/** Folders in one of the root, in the order of their names. */
export function listFolders(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`)
    .sort();
}

/** Why code may not lie in `packages/` by itself, and the way out. */
export function notSubmoduleMessage(folder: string): string {
  const name = folder.slice(PACKAGES.length + 1);
  return (
    `${folder} is no git submodule: ${PACKAGES}/ holds services of other repositories, so that each has a history and a release of its own. ` +
    `Move it out (mv ${folder} ../${name}), commit it there to a repository of its own, then type: make add-service URL=<that repository>. ` +
    `A service that belongs to this repository goes to services/${name}`
  );
}

function readSetting(section: string, name: string): string {
  return new RegExp(`^\\s*${name}\\s*=\\s*(.*?)\\s*$`, "m").exec(section)?.[1] ?? "";
}
