import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface MergeResult {
  text: string;
  /** Places where both sides changed the same lines; they are marked in the text. */
  conflicts: number;
}

/**
 * The three texts of one file: as it was made, as the service has it, and as it would be made now.
 */
export interface MergeVersions {
  base: string;
  ours: string;
  theirs: string;
}

/** What `git merge-file` makes of them. `labels` name the sides at the marks of conflicts. */
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
    if (error) throw new Error(`git cannot be run (${(error as NodeJS.ErrnoException).code}): install it`);
    // Its exit code is the number of conflicts, as far as one fits.
    if (status === null || status > 127) throw new Error(`git merge-file failed: ${stderr.trim()}`);
    return { text: stdout, conflicts: status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
