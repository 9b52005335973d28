import type { Tool } from "../tool.ts";
import { isAtLeast } from "../version.ts";

/** The first version that strips types without a flag. */
const OLDEST_VERSION = "22.22.0";

export const nodeTool: Tool = {
  name: "Node",
  remedy: "npm ci   (installs Node 24 from its npm package)",
  find: async () => {
    const version = process.versions.node;
    if (!isAtLeast(version, OLDEST_VERSION))
      return `Node ${version} cannot run TypeScript: at least ${OLDEST_VERSION} is needed`;
    return { version, from: process.execPath.includes("node_modules") ? "npm package" : process.execPath };
  },
};
