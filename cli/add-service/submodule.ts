import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { PACKAGES } from "../../components/service/packages.ts";
import { fileProtocolOptions, runGit } from "../service-files/git.ts";

/** Clones a repository into a temporary folder for `work`; this repository stays unchanged. */
export async function withClone<T>(url: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-clone-"));
  try {
    runGit(folder, ...fileProtocolOptions(url), "clone", "--quiet", "--recurse-submodules", url, "service");
    return await work(join(folder, "service"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The default name of a repository's folder in `packages/`. */
export function repositoryName(url: string): string {
  return (
    url
      .replace(/\/+$/, "")
      .replace(/(\/?\.git)$/, "")
      .split(/[/:]/)
      .at(-1) ?? ""
  );
}

/** @throws {@link UserError} when a submodule cannot be added there */
export function assertFolderFree(root: string, folder: string): void {
  if (!existsSync(join(root, ".git")))
    throw new UserError(
      `${root} is not a git repository, so it cannot have submodules: clone it instead of copying it`,
    );
  if (existsSync(join(root, folder)))
    throw new UserError(`${folder} exists already: choose another name with NAME=…, or look at it with PATH=${folder}`);
}

/** Adds a repository as `packages/NAME`, staged, and runs `work`; undoes everything on failure. */
export function addSubmodule(root: string, url: string, name: string, work: () => void): void {
  const folder = `${PACKAGES}/${name}`;
  try {
    runGit(root, ...fileProtocolOptions(url), "submodule", "--quiet", "add", "--", url, folder);
    if (existsSync(join(root, folder, ".gitmodules")))
      runGit(root, ...fileProtocolOptions(url), "submodule", "--quiet", "update", "--init", "--recursive", folder);
    work();
  } catch (error) {
    removeSubmodule(root, folder);
    throw error;
  }
}

function removeSubmodule(root: string, folder: string): void {
  const quietly = (...args: string[]) => {
    try {
      runGit(root, ...args);
    } catch {
      // The failed step comes later: the remaining ones are undone below.
    }
  };
  quietly("submodule", "--quiet", "deinit", "--force", "--", folder);
  quietly("rm", "--quiet", "--force", "--cached", "--", folder);
  quietly("config", "--file", ".gitmodules", "--remove-section", `submodule.${folder}`);
  quietly("add", ".gitmodules");
  rmSync(join(root, folder), { recursive: true, force: true });
  rmSync(join(root, runGit(root, "rev-parse", "--git-dir").trim(), "modules", folder), {
    recursive: true,
    force: true,
  });
}
