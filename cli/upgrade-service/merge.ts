import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";

export interface MergeResult {
  text: string;
  /** Number of conflicts, which are marked in the text. */
  conflicts: number;
}

/** The three versions of one file: of the old template, of the service, of the new template. */
export interface MergeVersions {
  base: string;
  ours: string;
  theirs: string;
}

/** Merges by `git merge-file`; `labels` name the sides at conflict marks. */
export function mergeThreeWay({ ours, base, theirs }: MergeVersions, labels: MergeVersions): MergeResult {
  const folder = mkdtempSync(join(tmpdir(), "plinth-merge-"));
  try {
    const [one, two, three] = [join(folder, "ours"), join(folder, "base"), join(folder, "theirs")];
    writeFileSync(one, ours);
    writeFileSync(two, base);
    writeFileSync(three, theirs);
    const names = [labels.ours, labels.base, labels.theirs].flatMap((label) => ["-L", label]);
    const { status, stdout, stderr, error } = spawnSync(
      "git",
      ["merge-file", "-p", "--diff3", ...names, one, two, three],
      {
        encoding: "utf8",
      },
    );
    if (error) throw new UserError(`git cannot be run (${(error as NodeJS.ErrnoException).code}): install it`);
    // The exit code is the number of conflicts, up to 127.
    if (status === null || status > 127) throw new UserError(`git merge-file failed: ${stderr.trim()}`);
    return { text: stdout, conflicts: status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
