import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** One file that is to be written, or removed when `after` is undefined. */
export interface Change {
  /** Absolute. */
  file: string;
  /** How it is named to people. */
  label: string;
  after: string | undefined;
}

/** What the file holds now; undefined when it is not there. */
export function before({ file }: Pick<Change, "file">): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Those that change anything. */
export function realChanges(changes: readonly Change[]): Change[] {
  return changes.filter((change) => before(change) !== change.after);
}

/** As `diff -u` shows it; the whole file where there was none. */
export function diffOf(change: Change): string {
  const folder = mkdtempSync(join(tmpdir(), "plinth-diff-"));
  try {
    const [old, next] = [join(folder, "old"), join(folder, "new")];
    writeFileSync(old, before(change) ?? "");
    writeFileSync(next, change.after ?? "");
    const labels = [before(change) === undefined ? "/dev/null" : change.label, change.after === undefined ? "/dev/null" : change.label];
    const { stdout, error } = spawnSync("diff", ["-u", ...labels.flatMap((label) => ["--label", label]), old, next], { encoding: "utf8" });
    if (error) throw new Error(`The changes cannot be shown: 'diff' cannot be run (${(error as NodeJS.ErrnoException).code})`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All of them, or none: everything is on disk beside its place before the first file is exchanged, and taken back when one cannot be. */
export function writeAll(changes: readonly Change[]): void {
  const staged: string[] = [];
  const done: { file: string; was: string | undefined }[] = [];
  try {
    for (const { file, after } of changes) {
      if (after === undefined) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(stagedName(file), after);
      staged.push(stagedName(file));
    }
    for (const change of changes) {
      done.push({ file: change.file, was: before(change) });
      if (change.after === undefined) rmSync(change.file);
      else renameSync(stagedName(change.file), change.file);
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

function stagedName(file: string): string {
  return `${file}.plinth-new`;
}
