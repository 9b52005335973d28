import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import type { Tool } from "../tool.ts";

/**
 * The load generator of the benchmarks: one written in JavaScript would need more of a core than
 * the service that it measures.
 */
export const wrkTool: Tool = {
  name: "wrk",
  remedy: aptCommand("wrk"),
  find: async () => {
    const path = findProgram("wrk");
    return path === undefined ? undefined : { version: "", from: path };
  },
  ...aptInstaller("wrk", "some seconds, once"),
};
