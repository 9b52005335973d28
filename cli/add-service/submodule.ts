import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLock } from "@plinth/local/supervisor/lock.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { PACKAGES } from "../../components/service/packages.ts";
import { fileProtocolOptions, runGit } from "../service-files/git.ts";
import { assertFolderFree, gitDirectory, gitPath } from "./submodule-place.ts";

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

/** Adds a repository as `packages/NAME`, staged, and runs `work`; undoes everything on failure. */
export async function addSubmodule(root: string, url: string, name: string, work: () => void): Promise<void> {
  const folder = `${PACKAGES}/${name}`;
  const lock = await lockSubmodules(root);
  try {
    // Again: another command may have added it while this one asked its questions.
    assertFolderFree(root, folder, url);
    const modules = join(root, ".gitmodules");
    const before = { text: existsSync(modules) ? readFileSync(modules) : undefined, staged: stagedModules(root) };
    try {
      runGit(root, ...fileProtocolOptions(url), "submodule", "--quiet", "add", "--", url, folder);
      if (existsSync(join(root, folder, ".gitmodules")))
        runGit(root, ...fileProtocolOptions(url), "submodule", "--quiet", "update", "--init", "--recursive", folder);
      work();
    } catch (error) {
      removeSubmodule(root, folder);
      if (before.text === undefined) rmSync(modules, { force: true });
      else writeFileSync(modules, before.text);
      restoreStagedModules(root, before.staged);
      throw error;
    }
  } finally {
    lock.release();
  }
}

/** Two commands that add the same repository would each undo the other's work. */
async function lockSubmodules(root: string): Promise<FileLock> {
  const lock = await FileLock.acquire(gitPath(root, "plinth-submodules.lock"), () => true);
  if (lock === undefined)
    throw new UserError("Another 'make add-service' adds a repository to this clone: wait until it is done");
  return lock;
}

/** Undoes {@link addSubmodule} as far as it came: nothing of that name was there before. */
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
  rmSync(join(root, folder), { recursive: true, force: true });
  rmSync(gitDirectory(root, folder), { recursive: true, force: true });
}

/** The entry of .gitmodules in the index, as `git update-index` takes it; "" when it has none. */
function stagedModules(root: string): string {
  return runGit(root, "ls-files", "--stage", "--", ".gitmodules");
}

function restoreStagedModules(root: string, entry: string): void {
  const [, mode, object] = /^(\d+) ([0-9a-f]+) 0\t/.exec(entry) ?? [];
  if (mode === undefined) runGit(root, "rm", "--quiet", "--force", "--cached", "--ignore-unmatch", "--", ".gitmodules");
  else runGit(root, "update-index", "--add", "--cacheinfo", `${mode},${object},.gitmodules`);
}
