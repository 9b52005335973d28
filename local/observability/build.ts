import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";
import { buildPage } from "../page/build.ts";

/** The program of a bundle. */
export const PROGRAM = "main.cjs";

/**
 * Bundles the collector and the page's server into `folder`. As one CommonJS file they take 49 MB
 * at rest; as TypeScript modules they took 80, and as one ES module 62.
 */
export async function buildObservability(folder: string): Promise<void> {
  const { build } = await import("esbuild");
  await build({
    entryPoints: { main: join(import.meta.dirname, "main.ts") },
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    outdir: folder,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    // An optional part of `pg`, which is not installed.
    external: ["pg-native"],
    plugins: [modulePaths],
    logLevel: "silent",
  });
}

/** CommonJS has no `import.meta`: each source gets the values that it has as a module. */
const modulePaths: Plugin = {
  name: "module-paths",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const values = {
        dirname: dirname(path),
        filename: path,
        url: pathToFileURL(path).href,
        main: false,
      };
      const contents = readFileSync(path, "utf8").replace(
        /\bimport\.meta\.(dirname|filename|url|main)\b/g,
        (_, name: keyof typeof values) => JSON.stringify(values[name]),
      );
      return { contents, loader: "ts" };
    });
  },
};

/**
 * `node local/observability/build.ts FOLDER`: an init step of the process. FOLDER's name ends with
 * the sources' revision; folders of other revisions beside it are removed.
 */
if (import.meta.main) {
  const [folder = ""] = process.argv.slice(2);
  // The program last: where it exists, the page does.
  await buildPage(join(folder, "page"));
  await buildObservability(folder);
  const kind = basename(folder).replace(/-[^-]*$/, "-");
  for (const name of readdirSync(dirname(folder)))
    if (name.startsWith(kind) && name !== basename(folder)) rmSync(join(dirname(folder), name), { recursive: true });
}
