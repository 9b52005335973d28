import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { policyPack } from "./evaluate.ts";

const page = fileURLToPath(new URL("../docs/review.md", import.meta.url));
const beginMarker = "<!-- policies: written by `node policy/table.ts` -->\n";
const endMarker = "<!-- /policies -->";

/** The text of a page with its table of policies updated from the pack. */
export function renderPolicyTable(text: string): string {
  const [before, rest] = text.split(beginMarker);
  const after = rest?.split(endMarker)[1];
  if (before === undefined || after === undefined)
    throw new Error("docs/review.md has lost the marks around its table of policies; restore them");
  const rows = policyPack.map(({ name, refuses }) => `| \`${name}\` | ${refuses} |\n`);
  return `${before}${beginMarker}| policy | refuses |\n|---|---|\n${rows.join("")}${endMarker}${after}`;
}

if (import.meta.main) writeFileSync(page, renderPolicyTable(readFileSync(page, "utf8")));
