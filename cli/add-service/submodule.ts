import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PACKAGES } from "../../components/service/packages.ts";
import { fileProtocolOptions, runGit } from "../service-files/git.ts";

/**
 * The repository's files, in a folder that is removed when `work` is done: nothing of ours has
 * changed by then.
 */
export async function withClone<T>(url: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-clone-"));
  try {
    runGit(folder, ...fileProtocolOptions(url), "clone", "--quiet", "--recurse-submodules", url, "service");
    return await work(join(folder, "service"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Name of the folder below `packages/` that a repository gets unless another is given. */
export function repositoryName(url: string): string {
  return (
    url
      .replace(/\/+$/, "")
      .replace(/(\/?\.git)$/, "")
      .split(/[/:]/)
      .at(-1) ?? ""
  );
}

/** Throws one sentence when a submodule cannot be added there. */
export function assertFolderFree(root: string, folder: string): void {
  if (!existsSync(join(root, ".git")))
    throw new Error(`${root} is no git repository, so that it can have no submodules: clone it instead of copying it`);
  if (existsSync(join(root, folder)))
    throw new Error(`${folder} is there already: choose another name with NAME=…, or look at it with PATH=${folder}`);
}

/**
 * Adds it as `packages/NAME`, staged and not committed; runs `work` on it, and takes all of it back
 * when that fails.
 */
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
      // It had not come so far: what is left to take back is taken back below.
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
