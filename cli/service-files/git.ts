import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";

/** What git tells its hooks about their repository: here `folder` says which one is meant. */
const HOOK_VARIABLE = /^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|OBJECT_DIRECTORY|NAMESPACE)$/;

/** Runs git and returns its output. @throws {@link UserError} with git's message when it fails */
export function runGit(folder: string, ...args: string[]): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !HOOK_VARIABLE.test(name)));
  const { status, stdout, stderr, error } = spawnSync("git", args, { cwd: folder, env, encoding: "utf8" });
  if (error) throw new UserError(`git cannot be run (${(error as NodeJS.ErrnoException).code}): install it`);
  if (status !== 0) throw new UserError(`'git ${args.join(" ")}' failed in ${folder}: ${(stderr || stdout).trim()}`);
  return stdout;
}

/** The absolute path of a repository on this machine; any other address unchanged. */
export function resolveRepositoryUrl(url: string, base: string): string {
  const path = resolve(base, url);
  return !url.includes("://") && existsSync(path) ? path : url;
}

/**
 * Options that let git clone a submodule from this machine. By default it refuses, because a
 * foreign repository could name any folder; here the person or this repository's .gitmodules named
 * it.
 */
export function fileProtocolOptions(url: string): string[] {
  return url.startsWith("/") || url.startsWith("file://") ? ["-c", "protocol.file.allow=always"] : [];
}
