import { UserError } from "@plinth/local/user-error.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { pageAddress } from "../observability/page-address.ts";
import { readProfile, stackTools } from "../observability/profile.ts";
import { recordSetting } from "../observability/settings.ts";
import { buildServices } from "../stack/build-services.ts";
import { forgetGoneCluster, isKubeconfigNewer } from "../stack/cluster-identity.ts";
import { Engine } from "../stack/engine.ts";
import { lockStack } from "../stack/lock.ts";
import { readOutputsOf } from "../stack/outputs.ts";
import { watchPods } from "../stack/pod-watch.ts";
import { findCrashes, removeFailedProcesses } from "../stack/processes.ts";
import { recoverStack, refreshObjects } from "../stack/recovery.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { fetchSubmodules } from "../stack/submodules.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/**
 * `make up`: installs missing tools, starts the stack and prints its addresses. `PROFILE=full` adds
 * Jaeger and Alertmanager, and `PROFILE=light` removes them; the choice is recorded.
 */
await main(async (stack, options) => {
  const profile = readProfile(stack, options);
  await installMissing(stackTools(stack, profile));
  fetchSubmodules();
  const engine = await Engine.open(stack);
  await lockStack(engine);
  if (!engine.exists) await engine.capture("stack init");
  const wasKilled = await recoverStack(engine);
  // Otherwise the program refuses a new cluster: a look at it costs half a second.
  if (engine.inCluster && isKubeconfigNewer(engine)) await forgetGoneCluster(engine);
  if (profile !== undefined) await recordSetting(engine, "profile", profile);
  if (!engine.inCluster) await buildServices();
  if (wasKilled) {
    const code = await refreshObjects(engine);
    if (code !== 0) return code;
  }
  const watch = engine.inCluster ? watchPods(engine) : undefined;
  const code = await engine.run("up", ...engine.unattendedFlags);
  await watch?.end(code);
  if (code === 0) {
    const { endpoints, location } = await readOutputsOf(engine);
    const rows = Object.entries(endpoints);
    if ("directory" in location) {
      await removeFailedProcesses(location.directory);
      const crashes = await findCrashes(location.directory);
      if (crashes.length > 0) throw new UserError(["Everything was started, but:", ...crashes].join("\n"));
      const page = pageAddress(location.directory);
      if (page !== undefined && readStackFile(stack).observability.enabled) rows.push(["page", page]);
    }
    console.log(`\n${formatTable(["what", "where"], rows)}`);
  }
  return code;
});
