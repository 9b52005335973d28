import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { type Finding, formatFinding } from "@plinth/migrations/finding.ts";
import { lintFolder } from "@plinth/migrations/lint-folder.ts";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { discoverServices } from "../components/service/descriptor.ts";

/** The result of `make check-migrations`, for every file of every service, applied or not. */
export interface CheckResult {
  files: number;
  findings: Finding[];
}

/** @throws UserError for a folder that is missing, or whose order is in doubt */
export async function checkMigrations(repository = root): Promise<CheckResult> {
  const result: CheckResult = { files: 0, findings: [] };
  for (const { folder: service, migrations: directory } of discoverServices(repository)) {
    if (directory === undefined) continue;
    const folder = resolve(repository, directory);
    if (!existsSync(folder))
      throw new UserError(`${service}/plinth.json: 'migrations' is ${directory}, which is not a folder; create it`);
    const names = listMigrations(folder).map((file) => file.name);
    result.files += names.length;
    result.findings.push(...(await lintFolder(repository, directory, names)));
  }
  return result;
}

async function main(): Promise<void> {
  const { files, findings } = await checkMigrations();
  for (const finding of findings) console.error(formatFinding(finding));
  console.log(`${files} migrations checked${findings.length > 0 ? `, ${findings.length} findings` : ""}`);
  if (findings.length > 0) process.exitCode = 1;
}

if (import.meta.main)
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
