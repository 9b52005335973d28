import { existsSync, mkdirSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../locations.ts";

type TypeBox = Pick<typeof import("typebox"), "Type"> & Pick<typeof import("typebox/schema"), SchemaExport>;
type SchemaExport = (typeof schemaExports)[number];

const schemaExports = ["Check", "Compile", "Errors"] as const;
const ENTRY = `export { Type } from "typebox"; export { ${schemaExports.join(", ")} } from "typebox/schema";`;
const require = createRequire(import.meta.url);

/**
 * TypeBox is 450 files, and reading them took 160 ms of processor time at each start of the
 * program, the provider host and every command. As one file it takes 7 ms.
 */
export const { Type, Check, Compile, Errors } = load();

function load(): TypeBox {
  const folder = join(root, "node_modules", ".cache", "plinth");
  const { version } = require(join(root, "node_modules", "typebox", "package.json")) as { version: string };
  const file = join(folder, `typebox-${version}-${schemaExports.join("-")}.mjs`);
  try {
    if (!existsSync(file)) bundle(folder, file);
    return require(file) as TypeBox;
  } catch {
    // esbuild is a development dependency, and the folder may be read-only: slower, but the same.
    return { ...(require("typebox") as TypeBox), ...(require("typebox/schema") as TypeBox) };
  }
}

function bundle(folder: string, file: string): void {
  const { buildSync } = require("esbuild") as typeof import("esbuild");
  // Processes may start at the same time: each writes its own file and renames it.
  const outfile = `${file}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  buildSync({
    stdin: { contents: ENTRY, resolveDir: root },
    bundle: true,
    format: "esm",
    platform: "node",
    outfile,
    logLevel: "silent",
  });
  renameSync(outfile, file);
}
