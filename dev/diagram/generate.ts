import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { placeholderImages } from "../../cli/program/placeholder-images.ts";
import { recordStack, redactSecrets } from "../../cli/program/record.ts";
import { buildStackModel } from "./build-model.ts";
import { generatedSections, replaceSections, type StackModels } from "./pages.ts";

/**
 * The text of each page with generated diagrams and tables, by path.
 *
 * @param record what the program of a stack registers
 */
export async function generatePages(record = recordStack): Promise<Record<string, string>> {
  const [local, dev, prod] = await Promise.all(
    ["local", "dev", "prod"].map(async (stack) =>
      buildStackModel(redactSecrets(await record(stack, placeholderImages(stack)))),
    ),
  );
  const stacks = { local, dev, prod } as StackModels;
  return Object.fromEntries(
    Object.entries(generatedSections(stacks)).map(([page, sections]) => [
      page,
      replaceSections(page, readFileSync(join(root, page), "utf8"), sections),
    ]),
  );
}
