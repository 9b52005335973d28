import { programOnPath } from "@plinth/runtime/locations.ts";
import { remedyWithApt } from "./apt.ts";
import type { Part } from "./part.ts";
import { locatePulumi } from "./pulumi.ts";
import { run } from "./run.ts";

export const go: Part = {
  name: "Go",
  remedy: remedyWithApt("golang-go"),
  find: async () => {
    const path = programOnPath("go");
    if (path !== undefined)
      return { version: /go([\d.]+)/.exec(await run(path, ["version"], { seconds: 20 }))?.[1] ?? "unknown", from: path };
    return (await locatePulumi()) ? { version: "not needed", from: "Pulumi is already here" } : undefined;
  },
};
