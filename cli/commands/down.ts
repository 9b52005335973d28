import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { deleteForgotten, findMarkedPlace, forgetGoneCluster } from "../stack/cluster-identity.ts";
import { dataDirectory } from "../stack/data-directory.ts";
import { Engine } from "../stack/engine.ts";
import { lockStack } from "../stack/lock.ts";
import { stopUnrecorded } from "../stack/processes.ts";
import { recoverStack } from "../stack/recovery.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";

/** `make down`: stops every process of the stack. Its data stays unless `purge` is given. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  await lockStack(engine);
  if (engine.exists) {
    const code = await destroy(engine, options.has("purge"));
    if (code !== 0) return code;
  }
  const stopped = engine.inCluster ? [] : await stopUnrecorded(dataDirectory(stack));
  if (stopped.length > 0)
    console.log(`Stopped what ran without being in the state of '${stack}': ${stopped.join(", ")}.`);
  else if (!engine.exists) console.log(`Stack '${stack}' does not exist: there is nothing to stop.`);
  if (engine.inCluster) return engine.exists ? reportKeptNamespace(engine, options.has("purge")) : 0;
  const directory = dataDirectory(stack);
  if (!engine.exists && !existsSync(directory)) return 0;
  if (!options.has("purge")) {
    console.log(`The data of '${stack}' stays in ${relative(root, directory)}. 'make down PURGE=1' removes it.`);
    return 0;
  }
  if (engine.exists) await engine.capture("stack rm --yes --preserve-config");
  // A folder that the user chose may hold more than this stack's data.
  if (directory !== join(root, ".plinth", stack)) {
    console.log(`The data of '${stack}' is where its configuration puts it. Remove it with: rm -r '${directory}'`);
    return 0;
  }
  rmSync(directory, { recursive: true, force: true });
  console.log(`The data of '${stack}' is removed.`);
  return 0;
});

/** Deletes every resource of the stack, also those that a killed engine did not write down. */
async function destroy(engine: Engine, force: boolean): Promise<number> {
  const wasKilled = await recoverStack(engine);
  if (engine.inCluster) await forgetGoneCluster(engine, { force });
  const marked = wasKilled && engine.inCluster ? await findMarkedPlace(engine) : undefined;
  const code = await engine.run("destroy", ...(engine.inCluster ? flagsWithPreview(engine) : engine.unattendedFlags));
  if (code !== 0) return code;
  if (marked !== undefined) await deleteForgotten(marked);
  engine.note?.clear();
  return 0;
}

/**
 * With a preview: it reports protected resources before the first deletion, so a stack is deleted
 * whole or not at all.
 */
function flagsWithPreview(engine: Engine): string[] {
  return engine.unattendedFlags.filter((flag) => flag !== "--skip-preview");
}

/** The namespace holds the volumes: only a person deletes it. */
function reportKeptNamespace(engine: Engine, purge: boolean): number {
  const namespace = readStackFile(engine.stack).namespace;
  console.log(
    `The data of '${engine.stack}' stays in namespace ${namespace} of its cluster. To remove it: kubectl delete namespace ${namespace}`,
  );
  return purge ? 1 : 0;
}
