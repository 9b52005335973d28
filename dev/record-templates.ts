import { root } from "@plinth/local/locations.ts";
import { main } from "../cli/terminal/main.ts";
import { listTemplates, recordVersion } from "../templates/versions.ts";

/**
 * Part of `make generate`: keeps each version of each template, so that services made from it can
 * be merged with later ones.
 */
await main(async () => {
  for (const source of listTemplates())
    if (recordVersion(root, source))
      console.log(`templates/history/${source.name}/${source.version}.json is new: commit it`);
  return 0;
});
