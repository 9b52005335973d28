import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";

/** The store of the test control plane. */
export const etcdTool: Tool = {
  name: "etcd",
  remedy: aptCommand("etcd-server"),
  find: async () => {
    const path = findProgram("etcd");
    if (path === undefined) return undefined;
    const version =
      /etcd Version: ([\d.]+)/.exec(await runCommand(path, ["--version"], { seconds: 10 }))?.[1] ?? "unknown";
    return { version, from: path };
  },
  ...aptInstaller("etcd-server", "some seconds, once"),
};
