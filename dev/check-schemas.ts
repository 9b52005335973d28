import { parseArgs } from "node:util";
import { type CatalogEntry, catalog } from "@plinth/schemas/catalog.ts";
import { findStaleFiles } from "@plinth/schemas/codegen/generate.ts";
import { loadSchemas } from "@plinth/schemas/folder.ts";
import { formatSchemaFinding, type SchemaFinding } from "@plinth/schemas/gate/finding.ts";
import { checkFolder } from "@plinth/schemas/gate/gate.ts";
import { findRewrittenVersions } from "@plinth/schemas/gate/git-history.ts";

/** What `make check-schemas` finds. */
export interface CheckResult {
  schemas: number;
  findings: SchemaFinding[];
}

/**
 * The gate, and what only a working copy can tell: recorded versions that git knows otherwise, and
 * generated TypeScript that is stale.
 *
 * @param since the commit whose recorded versions must still be there as they were.
 */
export function checkSchemas(
  directory?: string,
  entries: readonly CatalogEntry[] = catalog,
  since?: string,
): CheckResult {
  const folder = loadSchemas(directory);
  const refused = [...checkFolder(folder, entries), ...(findRewrittenVersions(folder, since) ?? [])];
  // Types are made of schemas that passed; of others, nothing could be said.
  return { schemas: folder.current.length, findings: refused.length > 0 ? refused : findStaleFiles(folder, entries) };
}

function main(): void {
  const { values } = parseArgs({ options: { since: { type: "string" }, folder: { type: "string" } } });
  const { schemas, findings } = checkSchemas(values.folder, catalog, values.since);
  for (const finding of findings) console.error(formatSchemaFinding(finding));
  console.log(`${schemas} schemas checked${findings.length > 0 ? `, ${findings.length} findings` : ""}`);
  if (findings.length > 0) process.exitCode = 1;
}

if (import.meta.main) main();
