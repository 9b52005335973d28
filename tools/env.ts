import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { environment } from "./endpoints.ts";
import { main } from "./main.ts";

/** `make env`: the environment contract of a stack as a dotenv file, for programs that run outside of it. */
await main(async (stack) => {
  const variables = await environment(stack);
  const file = join(root, ".env");
  writeFileSync(
    file,
    Object.entries(variables)
      .map(([name, value]) => `${name}=${quoted(value)}\n`)
      .join(""),
    { mode: 0o600 },
  );
  chmodSync(file, 0o600);
  console.log(`Wrote ${Object.keys(variables).length} variables to .env`);
  return 0;
});

/** Dotenv takes plain words as they are; anything else in single quotes. */
function quoted(value: string): string {
  return /^[\w./:@,+%-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
