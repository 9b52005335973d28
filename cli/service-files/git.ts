import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Runs git and gives what it printed. Throws one sentence with its own words when it fails. */
export function runGit(folder: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync("git", args, { cwd: folder, encoding: "utf8" });
  if (error) throw new Error(`git cannot be run (${(error as NodeJS.ErrnoException).code}): install it`);
  if (status !== 0) throw new Error(`'git ${args.join(" ")}' failed in ${folder}: ${(stderr || stdout).trim()}`);
  return stdout;
}

/** A repository on this machine by its absolute path; any other address as it is. */
export function resolveRepositoryUrl(url: string, base: string): string {
  const path = resolve(base, url);
  return !url.includes("://") && existsSync(path) ? path : url;
}

/**
 * What lets git take a submodule from this machine: it refuses that by itself, since a repository
 * from elsewhere could name anybody's folder. Here the person, or this repository's own list of
 * submodules, has named it.
 */
export function fileProtocolOptions(url: string): string[] {
  return url.startsWith("/") || url.startsWith("file://") ? ["-c", "protocol.file.allow=always"] : [];
}
