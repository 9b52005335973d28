import { engineVariables } from "./engine.ts";

/** `eval "$(make -s shell)"`: lets plain Pulumi commands work in this terminal. */
for (const [name, value] of Object.entries(await engineVariables())) console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
