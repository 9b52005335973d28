import type { Part } from "./part.ts";
import { atLeast } from "./run.ts";

/** Strips types by itself from here on. */
const OLDEST = "22.18.0";

export const node: Part = {
  name: "Node",
  remedy: "npm ci   (brings Node 24 from its npm package)",
  find: async () => {
    const version = process.versions.node;
    if (!atLeast(version, OLDEST)) return `Node ${version} cannot run TypeScript: at least ${OLDEST} is needed`;
    return { version, from: process.execPath.includes("node_modules") ? "npm package" : process.execPath };
  },
};
