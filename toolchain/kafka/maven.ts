import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import type { Tool } from "../tool.ts";
import { hasKafkaJars } from "./kafka.ts";

export const mavenTool: Tool = {
  name: "Maven",
  remedy: aptCommand("maven"),
  find: async () => {
    const path = findProgram("mvn");
    if (path !== undefined) return { version: "present", from: path };
    // Only needed to bring the broker.
    return hasKafkaJars() ? { version: "not needed", from: "the broker is already here" } : undefined;
  },
  ...aptInstaller("maven", "about a minute, once"),
};
