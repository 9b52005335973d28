import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Finding } from "./finding.ts";
import { lintMigrations } from "./lint.ts";
import { loadParser } from "./sql/parser.ts";
import type { SqlFile } from "./sql/source-file.ts";

/**
 * Judges the files `names` of one service, in that order.
 *
 * @param directory relative to `root`; findings name the files by it
 * @throws when a file cannot be read
 */
export async function lintFolder(root: string, directory: string, names: readonly string[]): Promise<Finding[]> {
  const files = names.map((name) => ({
    name,
    path: join(directory, name),
    bytes: readFileSync(resolve(root, directory, name)),
  }));
  const foreign = files.filter(({ bytes }) => !isUtf8(bytes)).map(notUtf8Finding);
  if (foreign.length > 0) return foreign;
  const parser = await loadParser();
  return lintMigrations(
    files.map(({ bytes, ...file }) => ({ ...file, sql: bytes.toString("utf8") })),
    parser,
  );
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8")).equals(bytes);
}

function notUtf8Finding({ path }: Pick<SqlFile, "path">): Finding {
  return { file: path, line: 1, rule: "syntax", reason: "the file is not UTF-8", remedy: "save it as UTF-8" };
}
