import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import type { Tool } from "../tool.ts";

/** The benchmarks' load generator: one in JavaScript needs more CPU than the service under load. */
export const wrkTool: Tool = {
  name: "wrk",
  remedy: aptCommand("wrk"),
  find: async () => {
    const path = findProgram("wrk");
    return path === undefined ? undefined : { version: "", from: path };
  },
  ...aptInstaller("wrk", "some seconds, once"),
};
