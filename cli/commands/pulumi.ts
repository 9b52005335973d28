import { Engine } from "../stack/engine.ts";
import { lockStack } from "../stack/lock.ts";
import { recoverStack } from "../stack/recovery.ts";
import { main } from "../terminal/main.ts";

/** `make preview`, `make refresh`: the engine's own commands in its environment. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  // A preview takes no lock, and may be asked for while another engine works.
  const changes = !options.has("preview");
  if (changes) await lockStack(engine);
  if (!engine.exists) await engine.capture("stack init");
  if (changes) await recoverStack(engine);
  return engine.run(...([...options] as [string, ...string[]]));
});
