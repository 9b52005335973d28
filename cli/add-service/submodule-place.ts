import { existsSync, lstatSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { fileProtocolOptions, runGit } from "../service-files/git.ts";
import { pluralize, shellQuote } from "../terminal/text.ts";

/**
 * @throws {@link UserError} when a submodule cannot be added there, because something of that name
 *   exists: what a roll-back removes is then this command's work alone
 */
export function assertFolderFree(root: string, folder: string, url: string): void {
  if (!existsSync(join(root, ".git")))
    throw new UserError(
      `${root} is not a git repository, so it cannot have submodules: clone it instead of copying it`,
    );
  if (isThere(join(root, folder)))
    throw new UserError(`${folder} exists already: choose another name with NAME=…, or look at it with PATH=${folder}`);
  if (runGit(root, "ls-files", "--", folder) !== "")
    throw new UserError(
      `${folder} is part of this repository, although its files are gone. To have them again: git checkout -- ${folder} && make submodules; or remove it first: git rm ${folder}`,
    );
  if (runGit(root, "ls-files", "--unmerged", "--", ".gitmodules") !== "")
    throw new UserError(".gitmodules has conflicts of a merge: resolve them first, and type: git add .gitmodules");
  const user = submodulePath(root, folder);
  if (user !== undefined)
    throw new UserError(`.gitmodules has a submodule named ${folder} for ${user}: choose another name with NAME=…`);
  const history = gitDirectory(root, folder);
  if (isThere(history)) throw new UserError(keptHistoryMessage(folder, history, url));
}

/** Git keeps a submodule's repository when 'git rm' removes it, with commits that only it has. */
function keptHistoryMessage(folder: string, history: string, url: string): string {
  const again = ["git", ...fileProtocolOptions(url), "submodule", "add", "--force", "--", shellQuote(url), folder];
  return (
    `${folder} was a submodule before: git keeps its repository in ${history}${describeUnpushed(history)}. ` +
    `To add that one again: ${again.join(" ")} && make add-service PATH=${folder}; ` +
    `to begin with a fresh clone, move it away: mv ${shellQuote(history)} <another folder>; or choose another name with NAME=…`
  );
}

function describeUnpushed(history: string): string {
  try {
    // Its configuration names the removed folder as its work tree.
    const bare = [`--git-dir=${history}`, "--work-tree=/"];
    const commits = runGit("/", ...bare, "rev-list", "--count", "--branches", "HEAD", "--not", "--remotes").trim();
    return commits === "0" ? "" : `, with ${pluralize(Number(commits), "commit")} that no remote has`;
  } catch {
    return ", which git cannot read";
  }
}

/** The path of the submodule that .gitmodules lists under this name: it may have been moved. */
function submodulePath(root: string, name: string): string | undefined {
  const file = join(root, ".gitmodules");
  if (!existsSync(file)) return undefined;
  const listed = runGit(root, "config", "--file", ".gitmodules", "--list").split("\n");
  const start = `submodule.${name}.`;
  const path = listed.find((line) => line.startsWith(`${start}path=`));
  return path?.slice(`${start}path=`.length) ?? (listed.some((line) => line.startsWith(start)) ? "no path" : undefined);
}

/** Where git keeps the repository of a submodule. */
export function gitDirectory(root: string, folder: string): string {
  return gitPath(root, `modules/${folder}`);
}

/** The absolute path of a file of the repository itself, also in a linked worktree. */
export function gitPath(root: string, path: string): string {
  return resolve(root, runGit(root, "rev-parse", "--git-path", path).trim());
}

/** As existsSync, which takes a link to nowhere for nothing. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
