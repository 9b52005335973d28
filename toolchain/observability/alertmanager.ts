import { findAlertmanager } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";

/** Groups, silences and routes alerts in the full profile. */
export const alertmanagerTool: Tool = {
  name: "Alertmanager",
  remedy: aptCommand("prometheus-alertmanager"),
  find: async () => {
    const path = findAlertmanager();
    if (path === undefined) return undefined;
    const printed = await runCommand(path, ["--version"], { seconds: 10 });
    return { version: /version ([\d.]+)/.exec(printed)?.[1] ?? "unknown", from: path };
  },
  ...aptInstaller("prometheus-alertmanager", "some seconds, once"),
};
