import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";

/** One SQL file of a service. */
export interface MigrationFile {
  /** `NNNN_name.sql`; the number is its place in the order. */
  name: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  checksum: string;
}

/**
 * The migrations of one folder in their order. Files other than SQL are ignored.
 *
 * @throws UserError if a name, a duplicate number or a gap makes the order doubtful
 */
export function listMigrations(directory: string): MigrationFile[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const mistake = findOrderError(names);
  if (mistake) throw new UserError(`${directory}: ${mistake}`);
  return names.map((name) => ({ name, checksum: computeChecksum(readFileSync(join(directory, name))) }));
}

export function computeChecksum(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Why these sorted names do not count from 0001 on without gaps; undefined when they do. */
export function findOrderError(names: readonly string[]): string | undefined {
  for (const [index, name] of names.entries()) {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name))
      return `${name} is not named as a migration: four digits, _, lower-case words, .sql, as in 0001_accounts.sql`;
    const [number, expected] = [name.slice(0, 4), String(index + 1).padStart(4, "0")];
    if (number === names[index - 1]?.slice(0, 4))
      return `${names[index - 1]} and ${name} have the same number; give one of them the next free one`;
    if (number !== expected) return `${expected} is missing before ${name}; numbers start at 0001 and leave no gap`;
  }
  return undefined;
}

/**
 * Why `files` cannot follow `applied`: an applied file was edited or removed. Undefined when they
 * can. Other databases ran an applied file as it was, so it must stay.
 */
export function findRewrittenHistory(
  applied: readonly MigrationFile[],
  files: readonly MigrationFile[],
): { name: string; reason: string } | undefined {
  const now = new Map(files.map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of applied) {
    const current = now.get(name);
    if (current === undefined)
      return {
        name,
        reason: `${name} was applied, but the file is gone: restore it, and undo its effect in a new migration`,
      };
    if (current !== checksum) {
      const change = `applied as ${checksum.slice(0, 8)}, now ${current.slice(0, 8)}`;
      return {
        name,
        reason: `${name} was edited after it was applied (${change}): restore it, and put the change into a new migration`,
      };
    }
  }
  return undefined;
}
