import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand } from "../apt.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";
import { locatePulumi } from "./pulumi.ts";

export const goTool: Tool = {
  name: "Go",
  remedy: aptCommand("golang-go"),
  find: async () => {
    const path = findProgram("go");
    if (path !== undefined)
      return {
        version: /go([\d.]+)/.exec(await runCommand(path, ["version"], { seconds: 20 }))?.[1] ?? "unknown",
        from: path,
      };
    return (await locatePulumi()) ? { version: "not needed", from: "Pulumi is already here" } : undefined;
  },
};
