import { installMissing } from "@plinth/toolchain/setup.ts";
import { engineTools, platformTools } from "@plinth/toolchain/tools.ts";
import { buildServices } from "../stack/build-services.ts";
import { Engine } from "../stack/engine.ts";
import { removeFailedProcesses } from "../stack/failed-processes.ts";
import { lockStack } from "../stack/lock.ts";
import { readOutputsOf } from "../stack/outputs.ts";
import { recoverStack } from "../stack/recovery.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { fetchSubmodules } from "../stack/submodules.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/** `make up`: installs missing tools, starts the stack and prints its addresses. */
await main(async (stack) => {
  await installMissing(readStackFile(stack).cluster ? engineTools : platformTools);
  fetchSubmodules();
  const engine = await Engine.open(stack);
  await lockStack(engine);
  if (!engine.exists) await engine.capture("stack init");
  await recoverStack(engine);
  if (!engine.inCluster) buildServices();
  const code = await engine.run("up", ...engine.unattendedFlags);
  if (code === 0) {
    const { endpoints, location } = await readOutputsOf(engine);
    if ("directory" in location) await removeFailedProcesses(location.directory);
    console.log(`\n${formatTable(["what", "where"], Object.entries(endpoints))}`);
  }
  return code;
});
