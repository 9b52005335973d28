import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { listSubmodules } from "../../components/service/packages.ts";
import { fileProtocolOptions, runGit } from "../service-files/git.ts";
import { pluralize } from "../terminal/text.ts";

/**
 * Fetches the submodules whose files are missing and prints a line for each. `update` moves all of
 * them to the newest commit of their branch. Returns the paths that changed.
 *
 * @throws {@link UserError} before anything moves when one has commits that were never pushed: on
 *   its detached HEAD only git's log would still know them
 */
export function fetchSubmodules(update = false): string[] {
  const outdated = listSubmodules(root).filter(({ initialised }) => update || !initialised);
  for (const { path } of outdated.filter(({ initialised }) => initialised)) {
    const commits = Number(runGit(join(root, path), "rev-list", "--count", "HEAD", "--not", "--remotes"));
    if (commits > 0)
      throw new UserError(
        `${path} has ${pluralize(commits, "commit")} that no remote has: push ${commits === 1 ? "it" : "them"} first (git -C ${path} push origin HEAD:<branch>)`,
      );
  }
  return outdated.flatMap(({ path, url, initialised }) => {
    const revision = () => (initialised ? runGit(root, "-C", path, "rev-parse", "HEAD").trim() : "");
    const before = revision();
    if (!initialised) console.log(`Fetching ${path} from ${url} …`);
    runGit(
      root,
      ...fileProtocolOptions(url),
      "submodule",
      "--quiet",
      "update",
      "--init",
      "--recursive",
      ...(update ? ["--remote"] : []),
      "--",
      path,
    );
    const after = runGit(root, "-C", path, "rev-parse", "HEAD").trim();
    if (update && before !== after) console.log(`${path}: ${before.slice(0, 10) || "nothing"} → ${after.slice(0, 10)}`);
    return before === after ? [] : [path];
  });
}
