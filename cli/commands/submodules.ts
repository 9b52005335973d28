import { root } from "@plinth/local/locations.ts";
import { listSubmodules, PACKAGES } from "../../components/service/packages.ts";
import { fetchSubmodules } from "../stack/submodules.ts";
import { main } from "../terminal/main.ts";

/**
 * `make submodules`: fetches the services in `packages/` at the commits that this repository names;
 * with UPDATE=1 at their newest ones.
 */
await main(async () => {
  const update = process.argv.includes("update");
  const changed = fetchSubmodules(update);
  if (listSubmodules(root).length === 0)
    console.log(`No service of another repository is here: 'make add-service URL=…' adds one to ${PACKAGES}/.`);
  else if (changed.length === 0)
    console.log(update ? "Every submodule was at its newest version." : "Every submodule is here.");
  if (update && changed.length > 0)
    console.log(
      `Try them with 'make up', then keep them: git add ${changed.join(" ")} && git commit -m 'Update ${changed.join(", ")}'`,
    );
  return 0;
});
