import { Engine, engineEnvironment } from "../stack/engine.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { shellQuote } from "../terminal/text.ts";

const stack = process.argv[2] || "local";
try {
  const variables = { ...(await engineEnvironment(stack)), PULUMI_STACK: stack };
  // So that it can be configured before its first 'up'. Of production a person chooses first by
  // whom its secrets are kept.
  const engine = await Engine.open(stack);
  if (!engine.exists && !readStackFile(stack).production) await engine.capture("stack init");
  // Printed for `eval`: lets plain Pulumi commands work in this terminal, on this stack unless they
  // name another.
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${shellQuote(value)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
