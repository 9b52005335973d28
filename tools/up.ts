import { endpoints } from "./endpoints.ts";
import { Engine } from "./engine.ts";
import { main } from "./main.ts";
import { recover } from "./recovery.ts";
import { setup } from "./setup.ts";
import { takeTurn } from "./turn.ts";

/** `make up`: brings what the machine lacks, then the stack, and says where everything is. */
await main(async (stack) => {
  await setup();
  const engine = await Engine.open(stack);
  await takeTurn(engine);
  if (!engine.exists) await engine.read("stack init");
  await recover(engine);
  const code = await engine.run("up", ...Engine.unattended);
  if (code === 0) console.log(`\n${await endpoints(engine)}`);
  return code;
});
