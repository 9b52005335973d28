import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { main } from "../cli/terminal/main.ts";
import { generatePages } from "./diagram/generate.ts";

/** `make diagram`: writes diagrams and tables of each stack into the documentation. */
await main(async () => {
  for (const [page, text] of Object.entries(await generatePages())) {
    writeFileSync(join(root, page), text);
    console.log(`Wrote ${page}`);
  }
  return 0;
});
