import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./user-error.ts";

/** Folder of a service for build markers. It holds a .gitignore for itself. */
const BUILD_FOLDER = ".plinth";

/**
 * The file that says that a service of another repository was built from this revision's sources.
 */
export function buildMarker(folder: string, revision: string): string {
  return join(folder, BUILD_FOLDER, `built-${revision}`);
}

/** Builds a service before its process starts, unless {@link buildMarker} exists. */
export function buildInitStep(folder: string, revision: string, build: readonly (readonly string[])[]) {
  return {
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", import.meta.filename, folder, revision, JSON.stringify(build)],
    creates: buildMarker(folder, revision),
  };
}

/**
 * Runs each command in `folder`, with its output on this terminal.
 *
 * @throws UserError for the first command that fails
 */
export function buildService(folder: string, revision: string, build: readonly (readonly string[])[]): void {
  const markers = join(folder, BUILD_FOLDER);
  mkdirSync(markers, { recursive: true });
  writeFileSync(join(markers, ".gitignore"), "*\n");
  for (const marker of readdirSync(markers).filter((name) => name.startsWith("built-"))) rmSync(join(markers, marker));
  for (const [program = "", ...args] of build) {
    const line = [program, ...args].join(" ");
    console.log(`  ${line}`);
    const { error, status, signal } = spawnSync(program, args, {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (error)
      throw new UserError(
        `'${line}' cannot be run in ${folder} (${(error as NodeJS.ErrnoException).code}): install ${program}, or change 'build' in its plinth.json`,
      );
    if (status !== 0)
      throw new UserError(`'${line}' ended with ${signal ?? `exit code ${status}`} in ${folder}: see its output above`);
  }
  writeFileSync(buildMarker(folder, revision), "");
}

/** An init step of the service's process, in case `make up` did not build it. */
if (import.meta.main) {
  const [folder = "", revision = "", build = "[]"] = process.argv.slice(2);
  try {
    if (!existsSync(buildMarker(folder, revision))) buildService(folder, revision, JSON.parse(build) as string[][]);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
