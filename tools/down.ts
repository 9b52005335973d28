import { existsSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { Engine } from "./engine.ts";
import { main } from "./main.ts";
import { recover } from "./recovery.ts";
import { stackFile } from "./stack-file.ts";
import { takeTurn } from "./turn.ts";

/** `make down`: ends every process of the stack; its data stays, unless `purge` is asked for. */
await main(async (stack, options) => {
  const engine = await Engine.open(stack);
  await takeTurn(engine);
  if (engine.exists) {
    await recover(engine);
    const code = await engine.run("destroy", ...(engine.inCluster ? previewed(engine) : engine.unattended));
    if (code !== 0) return code;
  } else {
    console.log(`Stack '${stack}' is not there: nothing to end.`);
  }
  if (engine.inCluster) return engine.exists ? keepNamespace(engine, options.has("purge")) : 0;
  const directory = await dataOf(engine);
  if (!engine.exists && !existsSync(directory)) return 0;
  if (!options.has("purge")) {
    console.log(`The data of '${stack}' stays in ${relative(root, directory)}. 'make down PURGE=1' removes it.`);
    return 0;
  }
  if (engine.exists) await engine.read("stack rm --yes --preserve-config");
  // A folder that the user chose may hold more than this stack's data.
  if (directory !== join(root, ".plinth", stack)) {
    console.log(`The data of '${stack}' is where its configuration has put it. Remove it with: rm -r '${directory}'`);
    return 0;
  }
  rmSync(directory, { recursive: true, force: true });
  console.log(`The data of '${stack}' is removed.`);
  return 0;
});

/** Deletes nothing when it may not delete all: the preview finds what is protected before the first part is gone. */
function previewed(engine: Engine): string[] {
  return engine.unattended.filter((flag) => flag !== "--skip-preview");
}

/** The namespace holds the volumes: only a person deletes it. */
function keepNamespace(engine: Engine, purge: boolean): number {
  const namespace = stackFile(engine.stack).namespace;
  console.log(
    `The data of '${engine.stack}' stays in namespace ${namespace} of its cluster. To remove it: kubectl delete namespace ${namespace}`,
  );
  return purge ? 1 : 0;
}

/** As `components/config.ts` has it; after `destroy` the state no longer tells. */
async function dataOf(engine: Engine): Promise<string> {
  const config = engine.exists ? (JSON.parse(await engine.read("config", "--json")) as Record<string, { value?: string }>) : {};
  return resolve(root, config["plinth:directory"]?.value ?? join(".plinth", engine.stack));
}
