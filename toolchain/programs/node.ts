import type { Tool } from "../tool.ts";
import { isAtLeast } from "../version.ts";

const OLDEST_VERSION = "22.22.0";
/** The first of its line that strips types without a flag. */
const OLDEST_VERSION_OF_23 = "23.6.0";

export const nodeTool: Tool = {
  name: "Node",
  remedy: "npm ci   (installs Node 24 from its npm package)",
  find: async () => {
    const version = process.versions.node;
    const oldest = version.startsWith("23.") ? OLDEST_VERSION_OF_23 : OLDEST_VERSION;
    if (!isAtLeast(version, oldest)) return `Node ${version} cannot run TypeScript: at least ${oldest} is needed`;
    return { version, from: process.execPath.includes("node_modules") ? "npm package" : process.execPath };
  },
};
