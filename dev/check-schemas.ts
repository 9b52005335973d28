import { parseArgs } from "node:util";
import { type CatalogEntry, catalog } from "@plinth/schemas/catalog.ts";
import { findStaleFiles } from "@plinth/schemas/codegen/generate.ts";
import { loadSchemas } from "@plinth/schemas/folder.ts";
import { formatSchemaFinding, type SchemaFinding } from "@plinth/schemas/gate/finding.ts";
import { checkFolder } from "@plinth/schemas/gate/gate.ts";
import { findRewrittenVersions } from "@plinth/schemas/gate/git-history.ts";

/** The result of `make check-schemas`. */
export interface CheckResult {
  schemas: number;
  findings: SchemaFinding[];
}

/**
 * Runs the gate, then checks the working copy: recorded versions that differ from git's, and stale
 * generated TypeScript.
 *
 * @param since the commit whose recorded versions must still exist unchanged
 */
export function checkSchemas(
  directory?: string,
  entries: readonly CatalogEntry[] = catalog,
  since?: string,
): CheckResult {
  const folder = loadSchemas(directory);
  const findings = [...checkFolder(folder, entries), ...(findRewrittenVersions(folder, since) ?? [])];
  // Types are generated only from schemas that passed.
  return { schemas: folder.current.length, findings: findings.length > 0 ? findings : findStaleFiles(folder, entries) };
}

function main(): void {
  const { values } = parseArgs({ options: { since: { type: "string" }, folder: { type: "string" } } });
  const { schemas, findings } = checkSchemas(values.folder, catalog, values.since);
  for (const finding of findings) console.error(formatSchemaFinding(finding));
  console.log(`${schemas} schemas checked${findings.length > 0 ? `, ${findings.length} findings` : ""}`);
  if (findings.length > 0) process.exitCode = 1;
}

if (import.meta.main) main();
