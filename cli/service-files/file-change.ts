import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";

/** A file to write, or to remove when `content` is undefined. */
export interface FileChange {
  /** Absolute. */
  file: string;
  /** Its path for people. */
  label: string;
  content: string | undefined;
}

/** The present content; undefined when the file does not exist. */
export function currentContent({ file }: Pick<FileChange, "file">): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** The changes that differ from the files as they are. */
export function effectiveChanges(changes: readonly FileChange[]): FileChange[] {
  return changes.filter((change) => currentContent(change) !== change.content);
}

/** The output of `diff -u`. */
export function unifiedDiff(change: FileChange): string {
  const folder = mkdtempSync(join(tmpdir(), "plinth-diff-"));
  try {
    const [old, next] = [join(folder, "old"), join(folder, "new")];
    writeFileSync(old, currentContent(change) ?? "");
    writeFileSync(next, change.content ?? "");
    const labels = [
      currentContent(change) === undefined ? "/dev/null" : change.label,
      change.content === undefined ? "/dev/null" : change.label,
    ];
    const { stdout, error } = spawnSync("diff", ["-u", ...labels.flatMap((label) => ["--label", label]), old, next], {
      encoding: "utf8",
    });
    if (error)
      throw new UserError(
        `The changes cannot be shown: 'diff' cannot be run (${(error as NodeJS.ErrnoException).code})`,
      );
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Applies all changes or none: writes every file next to its place before it replaces the first
 * one, and restores the old files when one cannot be replaced.
 *
 * @throws {@link UserError} when nothing was written
 */
export function applyChanges(changes: readonly FileChange[]): void {
  const staged: string[] = [];
  const replaced: { file: string; previous: string | undefined }[] = [];
  try {
    for (const { file, content } of changes) {
      if (content === undefined) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(stagingPath(file), content);
      staged.push(stagingPath(file));
    }
    for (const change of changes) {
      replaced.push({ file: change.file, previous: currentContent(change) });
      if (change.content === undefined) rmSync(change.file);
      else renameSync(stagingPath(change.file), change.file);
    }
  } catch (error) {
    for (const { file, previous } of replaced) {
      if (previous === undefined) rmSync(file, { force: true });
      else writeFileSync(file, previous);
    }
    for (const file of staged) rmSync(file, { force: true });
    throw new UserError(`Nothing was written: ${(error as Error).message}`);
  }
}

function stagingPath(file: string): string {
  return `${file}.plinth-new`;
}
