import { Engine } from "./engine.ts";
import { main } from "./main.ts";
import { recover } from "./recovery.ts";

/** `make preview`, `make refresh`: the engine's own commands in its environment. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  if (!engine.exists) await engine.read("stack init");
  // A preview takes no lock, and may be asked for while another engine works.
  if (!options.has("preview")) await recover(engine);
  return engine.run(...([...options] as [string, ...string[]]));
});
