import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { formatFinding } from "@plinth/migrations/finding.ts";
import type { MigrationFile } from "@plinth/migrations/sql/migration-files.ts";
import { errorReason } from "../../clients/errors.ts";
import { hasUnknown } from "../host/inputs.ts";

/**
 * Lists the linter's findings in files that are not applied yet, a line each. The linter reads the
 * applied files too, because they created the tables, but they are never refused: they cannot be
 * edited and do not run again.
 */
export async function lintPendingFiles(
  applied: readonly MigrationFile[],
  { directory, files }: { directory: string; files: readonly MigrationFile[] },
): Promise<string[]> {
  if (hasUnknown(files)) return [];
  const done = new Set(hasUnknown(applied) ? [] : applied.map(({ name }) => name));
  const pending = files.filter(({ name }) => !done.has(name));
  // A plan without new files does not load the parser.
  if (pending.length === 0) return [];
  const { lintFolder } = await import("@plinth/migrations/lint-folder.ts");
  try {
    const names = files.map(({ name }) => name);
    const paths = new Set(pending.map(({ name }) => join(directory, name)));
    return (await lintFolder(root, directory, names)).filter(({ file }) => paths.has(file)).map(formatFinding);
  } catch (error) {
    return [`${directory}: the migrations cannot be judged: ${errorReason(error)}`];
  }
}
