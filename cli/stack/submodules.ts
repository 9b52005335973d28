import { root } from "@plinth/local/locations.ts";
import { listSubmodules } from "../../components/service/packages.ts";
import { fileProtocolOptions, runGit } from "../service-files/git.ts";

/**
 * Fetches the submodules whose files are missing and prints a line for each. `update` moves all of
 * them to the newest commit of their branch. Returns the paths that changed.
 */
export function fetchSubmodules(update = false): string[] {
  const outdated = listSubmodules(root).filter(({ initialised }) => update || !initialised);
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
