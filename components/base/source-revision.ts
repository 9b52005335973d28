import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

/** Folders that package managers and builds fill. */
export const IGNORED_FOLDERS = new Set(["node_modules", "vendor", "__pycache__", ".git", ".plinth", ".venv"]);

/**
 * A hash of folders and files, relative to the root of the repository. A process restarts when it
 * changes.
 */
export function sourceRevision(paths: readonly string[]): string {
  const isFile = (path: string) => statSync(join(root, path)).isFile();
  return hashFiles(
    root,
    paths.flatMap((path) => (isFile(path) ? [path] : listFilesBelow(path))),
  );
}

/**
 * The source files of a folder, relative to it: everything that git does not ignore, so that build
 * output is no change. Outside of a git work tree: everything but {@link IGNORED_FOLDERS}.
 */
export function listSourceFiles(folder: string): string[] {
  const { status, stdout } = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: folder,
  });
  if (status !== 0) return listFiles(folder, "");
  const listed = new Set(stdout.toString("utf8").split("\0"));
  // Git also lists files deleted without a commit, and nested submodules, which are folders.
  return [...listed]
    .filter((file) => file !== "" && statSync(join(folder, file), { throwIfNoEntry: false })?.isFile())
    .sort();
}

export function hashFiles(base: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = ignoreMissing(() => readFileSync(join(base, file)));
    if (content) hash.update(file).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Files below a folder of the repository, relative to the root. */
export function listFilesBelow(folder: string): string[] {
  return listFiles(root, folder);
}

function listFiles(base: string, folder: string): string[] {
  return readdirSync(join(base, folder), { withFileTypes: true })
    .filter(({ name }) => !IGNORED_FOLDERS.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? (ignoreMissing(() => listFiles(base, path)) ?? []) : [path];
    })
    .filter((file) => existsSync(join(base, file)));
}

/**
 * The result of `read`, or undefined for a file that an editor or a check-out removed meanwhile.
 *
 * @param codes system error codes that mean "removed"
 */
export function ignoreMissing<T>(read: () => T, codes: readonly string[] = ["ENOENT"]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return undefined;
  }
}
