import { root } from "@plinth/runtime/locations.ts";
import { main } from "./main.ts";
import { recordVersion, templateSources } from "./upgrade-service/template-source.ts";

/** Part of `make generate`: keeps each version of each template, so that services made from it can be merged with later ones. */
await main(async () => {
  for (const source of templateSources())
    if (recordVersion(root, source)) console.log(`templates/history/${source.name}/${source.version}.json is new: commit it`);
  return 0;
});
