import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { readStackEnvironment } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

/** `make env`: writes the environment contract of a stack to `.env`, for programs outside of it. */
await main(async (stack) => {
  const variables = await readStackEnvironment(stack);
  const file = join(root, ".env");
  writeFileSync(
    file,
    Object.entries(variables)
      .map(([name, value]) => `${name}=${quoteDotenv(value)}\n`)
      .join(""),
    { mode: 0o600 },
  );
  chmodSync(file, 0o600);
  console.log(`Wrote ${Object.keys(variables).length} variables to .env`);
  return 0;
});

/** Dotenv reads plain words as they are; others need single quotes. */
function quoteDotenv(value: string): string {
  return /^[\w./:@,+%-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
