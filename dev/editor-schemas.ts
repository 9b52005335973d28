import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { main } from "../cli/terminal/main.ts";
import { editorSchemas } from "./settings/json-schema.ts";

/** Part of `make generate`: writes the JSON Schemas of plinth.json and of Pulumi.<stack>.yaml. */
await main(async () => {
  for (const [path, schema] of Object.entries(editorSchemas())) {
    writeFileSync(join(root, path), JSON.stringify(schema, undefined, 2));
    spawnSync("biome", ["format", "--write", path], { cwd: root });
    console.log(`Wrote ${path}`);
  }
  return 0;
});
