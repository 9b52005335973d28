import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** One file that is to be written, or removed when `after` is undefined. */
export interface FileChange {
  /** Absolute. */
  file: string;
  /** How it is named to people. */
  label: string;
  content: string | undefined;
}

/** What the file holds now; undefined when it is not there. */
export function currentContent({ file }: Pick<FileChange, "file">): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Those that change anything. */
export function effectiveChanges(changes: readonly FileChange[]): FileChange[] {
  return changes.filter((change) => currentContent(change) !== change.content);
}

/** As `diff -u` shows it; the whole file where there was none. */
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
      throw new Error(`The changes cannot be shown: 'diff' cannot be run (${(error as NodeJS.ErrnoException).code})`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * All of them, or none: everything is on disk beside its place before the first file is exchanged,
 * and taken back when one cannot be.
 */
export function applyChanges(changes: readonly FileChange[]): void {
  const staged: string[] = [];
  const done: { file: string; was: string | undefined }[] = [];
  try {
    for (const { file, content } of changes) {
      if (content === undefined) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(stagingPath(file), content);
      staged.push(stagingPath(file));
    }
    for (const change of changes) {
      done.push({ file: change.file, was: currentContent(change) });
      if (change.content === undefined) rmSync(change.file);
      else renameSync(stagingPath(change.file), change.file);
    }
  } catch (error) {
    for (const { file, was } of done) {
      if (was === undefined) rmSync(file, { force: true });
      else writeFileSync(file, was);
    }
    for (const file of staged) rmSync(file, { force: true });
    throw new Error(`Nothing was written: ${(error as Error).message}`);
  }
}

function stagingPath(file: string): string {
  return `${file}.plinth-new`;
}
