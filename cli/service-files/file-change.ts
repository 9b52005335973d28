import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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
 * one, and restores the old files when one cannot be replaced. It removes nothing else: a file that
 * has the name of a draft stops it.
 *
 * @throws {@link UserError} when nothing was written
 */
export function applyChanges(changes: readonly FileChange[]): void {
  const folders: string[] = [];
  const drafts: string[] = [];
  const replaced: { file: string; previous: Buffer | undefined }[] = [];
  try {
    for (const { file, content } of changes) {
      if (content === undefined) continue;
      const created = mkdirSync(dirname(file), { recursive: true });
      if (created !== undefined) folders.push(created);
      writeFileSync(draftPath(file), content, { flag: "wx" });
      drafts.push(draftPath(file));
    }
    for (const { file, content } of changes) {
      const previous = existsSync(file) ? readFileSync(file) : undefined;
      if (content === undefined) rmSync(file);
      else renameSync(draftPath(file), file);
      replaced.push({ file, previous });
    }
  } catch (error) {
    for (const { file, previous } of replaced) {
      if (previous === undefined) rmSync(file, { force: true });
      else writeFileSync(file, previous);
    }
    for (const file of drafts) rmSync(file, { force: true });
    for (const folder of folders.reverse()) removeEmptyFolders(folder);
    throw new UserError(`Nothing was written: ${(error as Error).message}`);
  }
}

/** A folder that holds nothing but folders. */
function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

function draftPath(file: string): string {
  return `${file}.plinth-new`;
}
