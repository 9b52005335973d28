import type { Tool } from "../tool.ts";
import { isAtLeast } from "../version.ts";
import { findGo, goRemedy, RECOMMENDED_VERSION } from "./compiler.ts";

/**
 * Builds tools that cannot be downloaded. Those ask for it themselves, before anything is
 * installed: this is for people.
 */
export const goTool: Tool = {
  name: "Go",
  remedy: goRemedy(),
  find: async () => {
    const found = await findGo();
    if (found === undefined || isAtLeast(found.version, RECOMMENDED_VERSION))
      return found && { version: found.version, from: found.path };
    return `${found.path} is Go ${found.version}, and builds need ${RECOMMENDED_VERSION}`;
  },
};
