import { join, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { readStackFile } from "./stack-file.ts";

/**
 * The folder of a process stack's data, by the rule of components/config/config.ts: after `destroy`
 * the state no longer holds it, and a lost state does not either.
 */
export function dataDirectory(stack: string): string {
  return resolve(root, readStackFile(stack).directory ?? join(".plinth", stack));
}
