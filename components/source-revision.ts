import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import type { LocatedService } from "./descriptor.ts";

/** A hash of folders relative to the root of the repository: `up` restarts it when this changed. */
export function sourceRevision(folders: readonly string[]): string {
  return hashOf(root, folders.flatMap(filesBelow));
}

/** Of all that a service runs: its own folder; and the kit and the schemas, unless it stands alone. */
export function serviceRevision(service: Pick<LocatedService, "folder" | "standsAlone">): string {
  const { base, files } = serviceFiles(service);
  return hashOf(base, files);
}

/** The files of {@link serviceRevision}, relative to `base`. */
export function serviceFiles({ folder, standsAlone }: Pick<LocatedService, "folder" | "standsAlone">): { base: string; files: string[] } {
  const own = resolve(root, folder);
  return standsAlone ? { base: own, files: ownFiles(own) } : { base: root, files: [folder, "services/kit", "schemas"].flatMap(filesBelow) };
}

/**
 * The files that are a service's source, relative to its folder: all that git does not ignore, so that what a build leaves behind is no change.
 * Outside of a git work tree: all but what package managers bring.
 */
export function ownFiles(folder: string): string[] {
  const { status, stdout } = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: folder });
  if (status !== 0) return filesIn(folder, "");
  const listed = new Set(stdout.toString("utf8").split("\0"));
  // A file that was deleted and not committed is still listed; a submodule of a submodule is a folder.
  return [...listed].filter((file) => file !== "" && statSync(join(folder, file), { throwIfNoEntry: false })?.isFile()).sort();
}

function hashOf(base: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = unlessGone(() => readFileSync(join(base, file)));
    if (content) hash.update(file).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(folder: string): string[] {
  return filesIn(root, folder);
}

/** Folders of what package managers and builds bring. */
export const BROUGHT = new Set(["node_modules", "vendor", "__pycache__", ".git", ".plinth", ".venv"]);

function filesIn(base: string, folder: string): string[] {
  return readdirSync(join(base, folder), { withFileTypes: true })
    .filter(({ name }) => !BROUGHT.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? (unlessGone(() => filesIn(base, path)) ?? []) : [path];
    })
    .filter((file) => existsSync(join(base, file)));
}

/**
 * What an editor or a check-out takes away while it is read, is as if it had never been there.
 *
 * @param gone the system's words for that
 */
export function unlessGone<T>(read: () => T, gone: readonly string[] = ["ENOENT"]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!gone.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return undefined;
  }
}
