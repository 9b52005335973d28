import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of a service for what is made from its sources; git ignores it by a file of its own. */
const BUILD_FOLDER = ".plinth";

/**
 * What is there once a service of another repository was built from the sources of this revision.
 */
export function buildMarker(folder: string, revision: string): string {
  return join(folder, BUILD_FOLDER, `built-${revision}`);
}

/** The process that builds it, unless {@link buildMarker} is there. */
export function buildInitStep(folder: string, revision: string, build: readonly (readonly string[])[]) {
  return {
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", import.meta.filename, folder, revision, JSON.stringify(build)],
    creates: buildMarker(folder, revision),
  };
}

/**
 * Runs each command in `folder`, its output on this terminal. Throws one sentence for the first
 * that fails.
 */
export function buildService(folder: string, revision: string, build: readonly (readonly string[])[]): void {
  const made = join(folder, BUILD_FOLDER);
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, ".gitignore"), "*\n");
  for (const mark of readdirSync(made).filter((name) => name.startsWith("built-"))) rmSync(join(made, mark));
  for (const [program = "", ...args] of build) {
    const line = [program, ...args].join(" ");
    console.log(`  ${line}`);
    const { error, status, signal } = spawnSync(program, args, {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (error)
      throw new Error(
        `'${line}' cannot be run in ${folder} (${(error as NodeJS.ErrnoException).code}): install ${program}, or change 'build' in its plinth.json`,
      );
    if (status !== 0)
      throw new Error(`'${line}' ended with ${signal ?? `exit code ${status}`} in ${folder}: see its output above`);
  }
  writeFileSync(buildMarker(folder, revision), "");
}

/** As an init step of the service's process, where `make up` has not built it before. */
if (import.meta.main) {
  const [folder = "", revision = "", build = "[]"] = process.argv.slice(2);
  try {
    if (!existsSync(buildMarker(folder, revision))) buildService(folder, revision, JSON.parse(build) as string[][]);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
