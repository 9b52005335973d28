import { findKafkaLibraries, findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import type { Tool } from "../tool.ts";

export const mavenTool: Tool = {
  name: "Maven",
  remedy: aptCommand("maven"),
  find: async () => {
    const path = findProgram("mvn");
    if (path !== undefined) return { version: "present", from: path };
    // Maven only downloads the broker.
    return findKafkaLibraries() === undefined
      ? undefined
      : { version: "not needed", from: "the broker is already here" };
  },
  ...aptInstaller("maven", "about a minute, once"),
};
