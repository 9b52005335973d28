import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { writeEnvFile } from "../stack/env-file.ts";
import { readStackEnvironment } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

/** `make env`: writes the environment contract of a stack to `.env`, for programs outside of it. */
await main(async (stack) => {
  const variables = await readStackEnvironment(stack);
  writeEnvFile(join(root, ".env"), variables);
  console.log(`Wrote ${Object.keys(variables).length} variables to .env`);
  return 0;
});
