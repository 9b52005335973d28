import { existsSync } from "node:fs";
import { PACKAGES } from "../../components/service/packages.ts";
import { type FileChange, unifiedDiff } from "../service-files/file-change.ts";
import { pluralize, shellQuote } from "../terminal/text.ts";
import type { FolderKind } from "./folder-kind.ts";
import type { AddServiceOptions } from "./options.ts";
import { confirm, type Prompt } from "./prompts.ts";
import type { Plan } from "./service-plan.ts";

const MAX_DIFF_LINES = 200;

/**
 * Prints the plan and resolves to whether it may be carried out: asks on a terminal, and refuses
 * for DRY_RUN.
 */
export async function confirmPlan(
  plan: Plan,
  options: AddServiceOptions,
  ask: Prompt | undefined,
  format = formatChange,
): Promise<boolean> {
  const { changes, kept, notes, detected } = plan;
  console.log(`Detected: ${detected}`);
  for (const change of changes) console.log(format(change));
  for (const file of kept) console.log(`\n${file} exists and stays as it is; FORCE=1 replaces it.`);
  for (const note of notes) console.log(`\nNote: ${note}`);
  if (options.dryRun) {
    console.log(`\nOf ${pluralize(changes.length, "file")}, as DRY_RUN asked:`);
    return false;
  }
  return (
    ask === undefined ||
    changes.length === 0 ||
    confirm(ask, `\nWrite ${changes.length === 1 ? "this file" : `these ${changes.length} files`}?`, "y")
  );
}

/** The diff of one file; a long one, such as a lockfile's, is only counted. */
export function formatChange(change: FileChange): string {
  const diff = unifiedDiff(change);
  const lines = diff.split("\n");
  return `\n${lines.length > MAX_DIFF_LINES ? `${lines.slice(0, 2).join("\n")}\n(${lines.length - 4} lines)` : diff.trimEnd()}`;
}

/** One line for a new file, because a template has many; the diff for an existing one. */
export function summarizeChange(change: FileChange): string {
  return existsSync(change.file)
    ? formatChange(change)
    : `  ${change.label} (${pluralize(change.content!.trimEnd().split("\n").length, "line")})`;
}

/** Resolves to the exit code. */
export function reportCancelled(): number {
  console.log("Nothing was written.");
  return 0;
}

/** What was done, and the commands that come next. */
export function describeNextSteps({ descriptor, changes }: Plan, folder: string, folderKind: FolderKind): string {
  const { name } = descriptor;
  const result =
    changes.length === 0
      ? `\n${name} has everything that it needs: nothing was written.`
      : `\n${name} has what it needs: ${pluralize(changes.length, "file")} written.`;
  const path = shellQuote(folder);
  const checklist = `make checklist SERVICE=${folderKind === "elsewhere" ? path : name}`;
  const steps: Record<FolderKind, string[]> = {
    services: ["make up", checklist],
    packages: [
      `git -C ${path} add --all && git -C ${path} commit -m 'Describe the service to the platform' && git -C ${path} push`,
      `git add .gitmodules ${path} && git commit -m 'Add ${name}'`,
      "make up",
      checklist,
    ],
    elsewhere: [
      `commit the files in ${path} (git -C ${path} init, if it has no repository yet) and push it to where your team finds it`,
      `make add-service URL=<that repository, or ${path} itself on this machine>    # it joins the platform as a submodule in ${PACKAGES}/`,
      checklist,
    ],
  };
  return [result, "Next:", ...steps[folderKind].map((line) => `  ${line}`)].join("\n");
}
