import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { recordStack, redactSecrets } from "../cli/program/record.ts";
import { main } from "../cli/terminal/main.ts";
import { buildStackModel } from "./diagram/model.ts";
import { generatedSections, replaceSections, type StackModels } from "./diagram/pages.ts";

/** The pages whose diagrams and tables are generated, as they should be now. */
export async function generatePages(): Promise<Record<string, string>> {
  const [local, dev, prod] = await Promise.all(
    ["local", "dev", "prod"].map(async (stack) => buildStackModel(redactSecrets(await recordStack(stack)))),
  );
  const stacks = { local, dev, prod } as StackModels;
  return Object.fromEntries(
    Object.entries(generatedSections(stacks)).map(([page, parts]) => [
      page,
      replaceSections(page, readFileSync(join(root, page), "utf8"), parts),
    ]),
  );
}

/** `make diagram`: writes what each stack is made of into the documentation. */
if (import.meta.main)
  await main(async () => {
    for (const [page, text] of Object.entries(await generatePages())) {
      writeFileSync(join(root, page), text);
      console.log(`Wrote ${page}`);
    }
    return 0;
  });
