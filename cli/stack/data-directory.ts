import { join, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import type { Engine } from "./engine.ts";

/**
 * The folder of a process stack's data, by the rule of components/config/config.ts: after `destroy`
 * the state no longer holds it.
 */
export async function dataDirectory(engine: Engine): Promise<string> {
  const config = engine.exists
    ? (JSON.parse(await engine.capture("config", "--json")) as Record<string, { value?: string }>)
    : {};
  return resolve(root, config["plinth:directory"]?.value ?? join(".plinth", engine.stack));
}
