import { Engine } from "../stack/engine.ts";
import { lockStack } from "../stack/lock.ts";
import { recoverStack } from "../stack/recovery.ts";
import { main } from "../terminal/main.ts";

/** `make preview`, `make refresh`: runs a command of the engine in its environment. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  // A preview takes no lock: it may run while another engine works.
  const changesStack = !options.has("preview");
  if (changesStack) await lockStack(engine);
  if (!engine.exists) await engine.capture("stack init");
  if (changesStack) await recoverStack(engine);
  return engine.run(...([...options] as [string, ...string[]]));
});
