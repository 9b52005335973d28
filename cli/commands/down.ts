import { existsSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { Engine } from "../stack/engine.ts";
import { lockStack } from "../stack/lock.ts";
import { recoverStack } from "../stack/recovery.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";

/** `make down`: ends every process of the stack; its data stays, unless `purge` is asked for. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  await lockStack(engine);
  if (engine.exists) {
    await recoverStack(engine);
    const code = await engine.run("destroy", ...(engine.inCluster ? flagsWithPreview(engine) : engine.unattendedFlags));
    if (code !== 0) return code;
  } else {
    console.log(`Stack '${stack}' is not there: nothing to end.`);
  }
  if (engine.inCluster) return engine.exists ? reportKeptNamespace(engine, options.has("purge")) : 0;
  const directory = await dataDirectory(engine);
  if (!engine.exists && !existsSync(directory)) return 0;
  if (!options.has("purge")) {
    console.log(`The data of '${stack}' stays in ${relative(root, directory)}. 'make down PURGE=1' removes it.`);
    return 0;
  }
  if (engine.exists) await engine.capture("stack rm --yes --preserve-config");
  // A folder that the user chose may hold more than this stack's data.
  if (directory !== join(root, ".plinth", stack)) {
    console.log(`The data of '${stack}' is where its configuration has put it. Remove it with: rm -r '${directory}'`);
    return 0;
  }
  rmSync(directory, { recursive: true, force: true });
  console.log(`The data of '${stack}' is removed.`);
  return 0;
});

/**
 * Deletes nothing when it may not delete all: the preview finds what is protected before the first
 * part is gone.
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

/** As `components/config/config.ts` has it; after `destroy` the state no longer tells. */
async function dataDirectory(engine: Engine): Promise<string> {
  const config = engine.exists
    ? (JSON.parse(await engine.capture("config", "--json")) as Record<string, { value?: string }>)
    : {};
  return resolve(root, config["plinth:directory"]?.value ?? join(".plinth", engine.stack));
}
