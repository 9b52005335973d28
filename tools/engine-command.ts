import { Engine } from "./engine.ts";
import { main } from "./main.ts";

/** `make preview`, `make refresh`: the engine's own commands in its environment. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  if (!engine.exists) await engine.read("stack init");
  return engine.run(...([...options] as [string, ...string[]]));
});
