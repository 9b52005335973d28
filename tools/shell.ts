import { engineVariables } from "./engine.ts";

/** Printed for `eval`: lets plain Pulumi commands work in this terminal. */
for (const [name, value] of Object.entries(await engineVariables(process.argv[2] || "local")))
  console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
