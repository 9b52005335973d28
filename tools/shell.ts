import { Engine, engineVariables } from "./engine.ts";
import { stackFile } from "./stack-file.ts";
import { shellWord } from "./words.ts";

const stack = process.argv[2] || "local";
try {
  const variables = { ...(await engineVariables(stack)), PULUMI_STACK: stack };
  // So that it can be configured before its first 'up'. Of production a person chooses first by whom its secrets are kept.
  const engine = await Engine.open(stack);
  if (!engine.exists && !stackFile(stack).production) await engine.read("stack init");
  // Printed for `eval`: lets plain Pulumi commands work in this terminal, on this stack unless they name another.
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${shellWord(value)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
