import { join } from "node:path";
import { readJsonFile } from "@plinth/local/json-file.ts";
import { UserError } from "@plinth/local/user-error.ts";

/**
 * The manifest of an npm package that is installed.
 *
 * @throws {@link UserError} with the command that installs the packages again
 */
export function readPackage(folder: string): { version: string } {
  const file = join(folder, "package.json");
  const manifest = readJsonFile<{ version: string }>(file, "A package's manifest", packagesRemedy);
  if (manifest === undefined) throw new UserError(`The package ${folder} is missing. ${packagesRemedy()}`);
  return manifest;
}

/** cli/run installs the packages where this file is missing. */
export function packagesRemedy(): string {
  return "To install all packages again, type: rm -f node_modules/.plinth-lock, then the same command";
}
