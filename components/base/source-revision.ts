import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import type { LocatedService } from "../service/descriptor.ts";

/** A hash of folders relative to the root of the repository: `up` restarts it when this changed. */
export function sourceRevision(folders: readonly string[]): string {
  return hashFiles(root, folders.flatMap(listFilesBelow));
}

/**
 * Of all that a service runs: its own folder; and the kit and the schemas, unless it stands alone.
 */
export function serviceRevision(service: Pick<LocatedService, "folder" | "standalone">): string {
  const { base, files } = listServiceFiles(service);
  return hashFiles(base, files);
}

/** The files of {@link serviceRevision}, relative to `base`. */
export function listServiceFiles({ folder, standalone }: Pick<LocatedService, "folder" | "standalone">): {
  base: string;
  files: string[];
} {
  const own = resolve(root, folder);
  return standalone
    ? { base: own, files: listSourceFiles(own) }
    : { base: root, files: [folder, "services/kit", "schemas"].flatMap(listFilesBelow) };
}

/**
 * The files that are a service's source, relative to its folder: all that git does not ignore, so
 * that what a build leaves behind is no change. Outside of a git work tree: all but what package
 * managers bring.
 */
export function listSourceFiles(folder: string): string[] {
  const { status, stdout } = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: folder,
  });
  if (status !== 0) return listFiles(folder, "");
  const listed = new Set(stdout.toString("utf8").split("\0"));
  // A file that was deleted and not committed is still listed; a submodule of a submodule is a
  // folder.
  return [...listed]
    .filter((file) => file !== "" && statSync(join(folder, file), { throwIfNoEntry: false })?.isFile())
    .sort();
}

function hashFiles(base: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = ignoreMissing(() => readFileSync(join(base, file)));
    if (content) hash.update(file).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

function listFilesBelow(folder: string): string[] {
  return listFiles(root, folder);
}

/** Folders of what package managers and builds bring. */
export const IGNORED_FOLDERS = new Set(["node_modules", "vendor", "__pycache__", ".git", ".plinth", ".venv"]);

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
 * What an editor or a check-out takes away while it is read, is as if it had never been there.
 *
 * @param gone the system's words for that
 */
export function ignoreMissing<T>(read: () => T, gone: readonly string[] = ["ENOENT"]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!gone.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return undefined;
  }
}
