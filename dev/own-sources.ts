import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

/**
 * Folders of services/ that build by themselves, such as adopted code: they have rules of their
 * own, and are neither checked nor formatted with this repository.
 */
export function standaloneFolders(base = root): string[] {
  return readdirSync(join(base, "services"))
    .map((name) => `services/${name}`)
    .filter((folder) => existsSync(join(base, folder, "Dockerfile")));
}

/** What biome is told to look at; nothing: everything. */
export function biomePaths(base = root): string[] {
  const apart = standaloneFolders(base);
  if (apart.length === 0) return [];
  const entries = readdirSync(base).filter((name) => name !== "services" && name !== ".git");
  const services = readdirSync(join(base, "services")).map((name) => `services/${name}`);
  return [...entries, ...services.filter((folder) => !apart.includes(folder))];
}

/** The TypeScript configuration of this repository's own sources, relative to the root. */
export function typesConfig(base = root): string {
  const apart = standaloneFolders(base);
  if (apart.length === 0) return "tsconfig.json";
  const exclude = ["node_modules", ".plinth", ".cache", "local/page/browser", "tests/suites/page", ...apart];
  mkdirSync(join(base, ".plinth"), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(base, ".plinth", "tsconfig.json"),
    JSON.stringify({ extends: "../tsconfig.json", exclude: exclude.map((path) => `../${path}`) }),
  );
  return ".plinth/tsconfig.json";
}
