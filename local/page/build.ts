import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const browser = join(import.meta.dirname, "browser");

/**
 * Bundles the page into `folder`: index.html, icon.svg, one script and one style sheet, with
 * hashes in their names so that a browser keeps them. Takes about 0.2 s.
 */
export async function buildPage(folder: string): Promise<void> {
  const { build } = await import("esbuild");
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    entryPoints: { page: join(browser, "main.tsx"), style: join(browser, "styles/page.css") },
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox128", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    outdir: folder,
    metafile: true,
    logLevel: "silent",
  });
  const names = Object.keys(metafile.outputs).map((output) => basename(output));
  const html = readFileSync(join(browser, "index.html"), "utf8");
  cpSync(join(browser, "icon.svg"), join(folder, "icon.svg"));
  // Last, because it names the others: with it the page is complete.
  writeFileSync(
    join(folder, "index.html"),
    html.replace(/\/(page|style)\.(js|css)/g, (_, name: string, type: string) => {
      const built = names.find((each) => each.startsWith(`${name}-`) && each.endsWith(`.${type}`));
      return `/${built}`;
    }),
  );
}
