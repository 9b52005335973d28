import { programOnPath } from "@plinth/runtime/locations.ts";
import { installWithApt, remedyWithApt } from "./apt.ts";
import type { Part } from "./part.ts";
import { run } from "./run.ts";

/** Where the test control plane keeps its objects. */
export const etcd: Part = {
  name: "etcd",
  remedy: remedyWithApt("etcd-server"),
  find: async () => {
    const path = programOnPath("etcd");
    if (path === undefined) return undefined;
    const version = /etcd Version: ([\d.]+)/.exec(await run(path, ["--version"], { seconds: 10 }))?.[1] ?? "unknown";
    return { version, from: path };
  },
  ...installWithApt("etcd-server", "some seconds, once"),
};
