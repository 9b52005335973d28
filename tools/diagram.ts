import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { modelOf } from "./diagram/model.ts";
import { generatedParts, type Stacks, withParts } from "./diagram/pages.ts";
import { main } from "./main.ts";
import { record, redacted } from "./record.ts";

/** The pages whose diagrams and tables are generated, as they should be now. */
export async function generatedPages(): Promise<Record<string, string>> {
  const [local, dev, prod] = await Promise.all(["local", "dev", "prod"].map(async (stack) => modelOf(redacted(await record(stack)))));
  const stacks = { local, dev, prod } as Stacks;
  return Object.fromEntries(
    Object.entries(generatedParts(stacks)).map(([page, parts]) => [page, withParts(page, readFileSync(join(root, page), "utf8"), parts)]),
  );
}

/** `make diagram`: writes what each stack is made of into the documentation. */
if (import.meta.main)
  await main(async () => {
    for (const [page, text] of Object.entries(await generatedPages())) {
      writeFileSync(join(root, page), text);
      console.log(`Wrote ${page}`);
    }
    return 0;
  });
