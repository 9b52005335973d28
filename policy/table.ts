import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pack } from "./judge.ts";

const page = fileURLToPath(new URL("../docs/review.md", import.meta.url));
const begin = "<!-- policies: written by `node policy/table.ts` -->\n";
const end = "<!-- /policies -->";

/** The text of a page with its table of policies as the pack has them now. */
export function withPolicies(text: string): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error("docs/review.md has lost the marks around its table of policies; restore them");
  const rows = pack.map(({ name, refuses }) => `| \`${name}\` | ${refuses} |\n`);
  return `${before}${begin}| policy | refuses |\n|---|---|\n${rows.join("")}${end}${after}`;
}

if (import.meta.main) writeFileSync(page, withPolicies(readFileSync(page, "utf8")));
