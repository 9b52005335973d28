import { root } from "@plinth/local/locations.ts";
import { main } from "../cli/terminal/main.ts";
import { listTemplates, recordVersion } from "../templates/versions.ts";

/**
 * Part of `make generate`: records the present version of each template, from which 'make
 * upgrade-service' merges later ones.
 */
await main(async () => {
  for (const source of listTemplates())
    if (recordVersion(root, source))
      console.log(`templates/history/${source.name}/${source.version}.json is new: commit it`);
  return 0;
});
