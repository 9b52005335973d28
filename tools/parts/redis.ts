import { programOnPath } from "@plinth/runtime/locations.ts";
import { installWithApt, remedyWithApt } from "./apt.ts";
import type { Part } from "./part.ts";
import { run } from "./run.ts";

export const redis: Part = {
  name: "Redis",
  remedy: remedyWithApt("redis-server"),
  find: async () => {
    const path = programOnPath("redis-server") ?? programOnPath("valkey-server");
    if (path === undefined) return undefined;
    const version = /v=([\d.]+)/.exec(await run(path, ["--version"], { seconds: 10 }))?.[1] ?? "unknown";
    return { version, from: path };
  },
  ...installWithApt("redis-server", "some seconds, once"),
};
