import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

/** A page of the documentation. */
export interface Page {
  /** Relative to the root of the repository, such as `docs/operator.md`. */
  path: string;
  text: string;
}

/** README, CONTRIBUTING and every page below `docs`. */
export function readPages(): Page[] {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name))
    .sort();
  return ["README.md", "CONTRIBUTING.md", ...docs].map((path) => ({
    path,
    text: readFileSync(join(root, path), "utf8"),
  }));
}

/** Code spans of a page that name a file or a folder of the repository, blocks of code left out. */
export function pathsInPage({ text }: Page): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/`((?:[\w-][\w.-]*\/)+[\w.*-]*)`/g)].map(([, path]) => path!);
}
