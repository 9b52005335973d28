import { Engine, engineEnvironment } from "../stack/engine.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";
import { shellQuote } from "../terminal/text.ts";

/**
 * `make shell`: prints variables for `eval`. With them plain Pulumi commands work in this terminal,
 * on this stack unless they name another.
 */
await main(async (stack) => {
  const variables = { ...(await engineEnvironment(stack)), PULUMI_STACK: stack };
  // Created here, so that it can be configured before its first 'up'. For production a person first
  // chooses who keeps its secrets.
  const engine = await Engine.open(stack);
  if (!engine.exists && !readStackFile(stack).production) await engine.capture("stack init");
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${shellQuote(value)}`);
  return 0;
});
