import { programOnPath } from "@plinth/runtime/locations.ts";
import { installWithApt, remedyWithApt } from "./apt.ts";
import type { Part } from "./part.ts";

/** The load generator of the benchmarks: one written in JavaScript would need more of a core than the service that it measures. */
export const wrk: Part = {
  name: "wrk",
  remedy: remedyWithApt("wrk"),
  find: async () => {
    const path = programOnPath("wrk");
    return path === undefined ? undefined : { version: "", from: path };
  },
  ...installWithApt("wrk", "some seconds, once"),
};
