import { root } from "@plinth/local/locations.ts";
import { listSubmodules, PACKAGES } from "../../components/service/packages.ts";
import { fileProtocolOptions, runGit } from "../service-files/git.ts";
import { main } from "../terminal/main.ts";

/**
 * `make submodules`: brings the files of the services in `packages/` as this repository names them;
 * with UPDATE=1 their newest ones.
 */
if (import.meta.main)
  await main(async () => {
    const update = process.argv.includes("update");
    const changed = fetchSubmodules(update);
    if (listSubmodules(root).length === 0)
      console.log(`There is no service of another repository here: 'make add-service URL=…' adds one to ${PACKAGES}/.`);
    else if (changed.length === 0)
      console.log(update ? "Every submodule was at its newest version." : "Every submodule is here.");
    if (update && changed.length > 0)
      console.log(
        `Try them with 'make up', then keep them: git add ${changed.join(" ")} && git commit -m 'Update ${changed.join(", ")}'`,
      );
    return 0;
  });

/**
 * Initialises those whose files are missing, with a line for each; `update` also moves all to the
 * newest of their branch. Gives the paths that changed.
 */
export function fetchSubmodules(update = false): string[] {
  const wanted = listSubmodules(root).filter(({ initialised }) => update || !initialised);
  return wanted.flatMap(({ path, url, initialised }) => {
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
