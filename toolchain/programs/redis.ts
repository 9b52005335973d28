import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";

export const redisTool: Tool = {
  name: "Redis",
  remedy: aptCommand("redis-server"),
  find: async () => {
    const path = findProgram("redis-server") ?? findProgram("valkey-server");
    if (path === undefined) return undefined;
    const version = /v=([\d.]+)/.exec(await runCommand(path, ["--version"], { seconds: 10 }))?.[1] ?? "unknown";
    return { version, from: path };
  },
  ...aptInstaller("redis-server", "some seconds, once"),
};
