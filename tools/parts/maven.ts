import { programOnPath } from "@plinth/runtime/locations.ts";
import { installWithApt, remedyWithApt } from "./apt.ts";
import { kafkaJars } from "./kafka.ts";
import type { Part } from "./part.ts";

export const maven: Part = {
  name: "Maven",
  remedy: remedyWithApt("maven"),
  find: async () => {
    const path = programOnPath("mvn");
    if (path !== undefined) return { version: "present", from: path };
    // Only needed to bring the broker.
    return kafkaJars() ? { version: "not needed", from: "the broker is already here" } : undefined;
  },
  ...installWithApt("maven", "about a minute, once"),
};
