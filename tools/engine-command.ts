import { Engine } from "./engine.ts";
import { main } from "./main.ts";
import { recover } from "./recovery.ts";
import { takeTurn } from "./turn.ts";

/** `make preview`, `make refresh`: the engine's own commands in its environment. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  // A preview takes no lock, and may be asked for while another engine works.
  const changes = !options.has("preview");
  if (changes) await takeTurn(engine);
  if (!engine.exists) await engine.read("stack init");
  if (changes) await recover(engine);
  return engine.run(...([...options] as [string, ...string[]]));
});
