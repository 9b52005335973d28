import { parseArgs } from "node:util";
import { type CatalogEntry, catalog } from "./catalog.ts";
import { type Finding, findingLine } from "./finding.ts";
import { gate } from "./gate.ts";
import { staleFindings } from "./generate.ts";
import { rewrittenVersions } from "./git.ts";
import { loadSchemas } from "./load.ts";

/** What `make check-schemas` finds. */
export interface Checked {
  schemas: number;
  findings: Finding[];
}

/**
 * The gate, and what only a working copy can tell: recorded versions that git knows otherwise, and generated TypeScript that is stale.
 *
 * @param since the commit whose recorded versions must still be there as they were.
 */
export function check(directory?: string, entries: readonly CatalogEntry[] = catalog, since?: string): Checked {
  const folder = loadSchemas(directory);
  const refused = [...gate(folder, entries), ...(rewrittenVersions(folder, since) ?? [])];
  // Types are made of schemas that passed; of others, nothing could be said.
  return { schemas: folder.current.length, findings: refused.length > 0 ? refused : staleFindings(folder, entries) };
}

function main(): void {
  const { values } = parseArgs({ options: { since: { type: "string" }, folder: { type: "string" } } });
  const { schemas, findings } = check(values.folder, catalog, values.since);
  for (const finding of findings) console.error(findingLine(finding));
  console.log(`${schemas} schemas checked${findings.length > 0 ? `, ${findings.length} findings` : ""}`);
  if (findings.length > 0) process.exitCode = 1;
}

if (import.meta.main) main();
