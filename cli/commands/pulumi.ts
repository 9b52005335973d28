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
  else if (engine.note?.read() !== undefined)
    console.error("An engine is at work on this stack, or was killed: this preview takes its state as it is.");
  return engine.run(...([...options] as [string, ...string[]]));
});
