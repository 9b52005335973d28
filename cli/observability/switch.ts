import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { dataDirectory } from "../stack/data-directory.ts";
import { Engine } from "../stack/engine.ts";
import { lockStack } from "../stack/lock.ts";
import { recoverStack } from "../stack/recovery.ts";
import { main } from "../terminal/main.ts";
import { pageAddress } from "./page-address.ts";
import { stackTools } from "./profile.ts";
import { recordSetting } from "./settings.ts";

/** The component and everything in it. */
const TARGET = "**::plinth:platform:ObservabilityStack**";
/** It is told which processes the program has. */
const SUPERVISOR = "**::pulumi-nodejs:dynamic/plinth:Supervisor::supervisor";

/**
 * `make obs-up`, `make obs-down`: adds or removes the stack's observability, and changes nothing
 * else. The choice is recorded, so the next `make up` keeps it.
 */
await main(async (stack, options) => {
  const enabled = parseChoice(options);
  const engine = await Engine.open(stack);
  if (enabled) await installMissing(stackTools(stack, undefined, true));
  await lockStack(engine);
  if (!engine.exists) await engine.capture("stack init");
  await recoverStack(engine);
  await recordSetting(engine, "enabled", enabled);
  if (!isUp(engine)) {
    console.log(
      `Stack '${stack}' is not up: 'make up' starts it ${enabled ? "with" : "without"} logs, metrics and traces.`,
    );
    return 0;
  }
  const targets = engine.inCluster ? [TARGET] : [TARGET, SUPERVISOR];
  const code = await engine.run("up", ...engine.unattendedFlags, ...targets.flatMap((each) => ["--target", each]));
  if (code === 0) await report(engine, enabled);
  return code;
});

function parseChoice(options: Set<string>): boolean {
  if (options.has("up")) return true;
  if (options.has("down")) return false;
  throw new UserError("Say whether to add or to remove it: make obs-up, or make obs-down");
}

/** Whether the stack has resources besides itself and its providers. */
function isUp({ stateFile }: Engine): boolean {
  // Only the engine reads other backends; it does nothing where there is nothing.
  if (stateFile === undefined) return true;
  return existsSync(stateFile) && readFileSync(stateFile, "utf8").includes("plinth:platform:CitusCluster");
}

async function report(engine: Engine, enabled: boolean): Promise<void> {
  const { stack, inCluster } = engine;
  if (enabled) {
    console.log(`Stack '${stack}' has logs, metrics, traces, dashboards and alerts.`);
    if (!inCluster) console.log(`The page: ${pageAddress(dataDirectory(engine.stack))}`);
    return;
  }
  const kept = inCluster ? "" : ` Their data stays in ${relative(root, dataDirectory(engine.stack))}.`;
  console.log(`Stack '${stack}' has no logs, metrics and traces any more; its services run on.${kept}`);
}
