import { spawnSync } from "node:child_process";
import { type SchemaFolder, schemaName } from "../folder.ts";
import type { SchemaFinding } from "./finding.ts";

/**
 * The recorded versions that were changed or removed since a commit. The digests in their names
 * show a changed version without git. This function also finds a newest version that was removed,
 * and one that was renamed to match its new content. A retired topic, whose file is gone too, takes
 * its versions with it.
 *
 * @param since any name of a commit; a pull request compares with its base, such as `origin/main`
 * @returns undefined if the folder is not in a git repository, or git is not installed
 * @throws if `since` names no commit, unless it is the HEAD of a repository without commits
 */
export function findRewrittenVersions(folder: SchemaFolder, since = "HEAD"): SchemaFinding[] | undefined {
  if (runGit(folder.directory, ["rev-parse", "--is-inside-work-tree"]).stdout.trim() !== "true") return undefined;
  if (runGit(folder.directory, ["rev-parse", "--verify", "--quiet", `${since}^{commit}`]).status !== 0) {
    if (since === "HEAD") return undefined;
    throw new Error(
      `'${since}' names no commit: give --since an existing one, and fetch it first if the clone is shallow`,
    );
  }
  const { status, stdout, stderr } = runGit(folder.directory, [
    "diff",
    "--name-status",
    "--relative",
    "--no-renames",
    "-z",
    since,
    "--",
    "history",
  ]);
  if (status !== 0) throw new Error(`git diff of schemas/history failed: ${stderr.trim()}`);
  const current = new Set(folder.current.map(({ path }) => schemaName(path)));
  return parseNameStatus(stdout)
    .filter(({ path, status }) => status !== "A" && current.has(path.split("/")[1] ?? ""))
    .map(({ path, status }) => ({
      rule: "history",
      file: path,
      field: "",
      reason: status === "D" ? `the version was removed since ${since}` : `the version was changed since ${since}`,
      remedy: `restore it with git checkout ${since} -- schemas/${path}`,
    }));
}

/** `status NUL path NUL`, repeated. */
function parseNameStatus(output: string): { status: string; path: string }[] {
  const parts = output.split("\0");
  return Array.from({ length: Math.floor(parts.length / 2) }, (_, index) => ({
    status: parts[2 * index] ?? "",
    path: parts[2 * index + 1] ?? "",
  }));
}

function runGit(directory: string, args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: directory, encoding: "utf8" });
  return { status, stdout: stdout ?? "", stderr: stderr ?? "" };
}
