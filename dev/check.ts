import { spawnSync } from "node:child_process";
import { root } from "@plinth/local/locations.ts";
import { biomePaths, typesConfig } from "./own-sources.ts";

/** `make check`: every check that needs no running platform. With `--write` it only formats. */
const write = process.argv.includes("--write");
const steps: [name: string, command: string, ...args: string[]][] = write
  ? [["format", "biome", "check", "--write", ...biomePaths()]]
  : [
      ["lint and format", "biome", "check", ...biomePaths()],
      ["types", "node", "node_modules/typescript-7/bin/tsc", "-p", typesConfig()],
      ["types of the page", "node", "node_modules/typescript-7/bin/tsc", "-p", "local/page/browser/tsconfig.json"],
      ["types of its tests", "node", "node_modules/typescript-7/bin/tsc", "-p", "tests/suites/page/tsconfig.json"],
      ["schemas", "node", "dev/check-schemas.ts"],
      ["contracts", "node", "dev/contracts.ts", "check"],
      ["migrations", "node", "dev/check-migrations.ts"],
      ["OpenAPI documents", "node", "dev/check-openapi.ts"],
    ];
for (const [name, command, ...args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  console.log(`${name}: ${status === 0 ? "clean" : "not clean, see above"}`);
  if (status !== 0) process.exitCode = 1;
}
