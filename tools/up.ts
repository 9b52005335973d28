import { buildServices } from "./build-services.ts";
import { outputsOf } from "./endpoints.ts";
import { Engine } from "./engine.ts";
import { forgetFailed } from "./left-behind.ts";
import { main } from "./main.ts";
import { engineParts, parts } from "./parts/parts.ts";
import { recover } from "./recovery.ts";
import { setup } from "./setup.ts";
import { stackFile } from "./stack-file.ts";
import { bringSubmodules } from "./submodules.ts";
import { table } from "./table.ts";
import { takeTurn } from "./turn.ts";

/** `make up`: brings what the machine lacks, then the stack, and says where everything is. */
await main(async (stack) => {
  await setup(stackFile(stack).cluster ? engineParts : parts);
  bringSubmodules();
  const engine = await Engine.open(stack);
  await takeTurn(engine);
  if (!engine.exists) await engine.read("stack init");
  await recover(engine);
  if (!engine.inCluster) buildServices();
  const code = await engine.run("up", ...engine.unattended);
  if (code === 0) {
    const { endpoints, location } = await outputsOf(engine);
    if ("directory" in location) await forgetFailed(location.directory);
    console.log(`\n${table(["what", "where"], Object.entries(endpoints))}`);
  }
  return code;
});
