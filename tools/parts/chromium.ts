import { programOnPath } from "@plinth/runtime/locations.ts";
import { installWithApt, remedyWithApt } from "./apt.ts";
import type { Part } from "./part.ts";

/** The browser that takes the documentation's pictures; nothing else asks for it. */
export const chromium: Part = {
  name: "Chromium",
  remedy: remedyWithApt("chromium"),
  find: async () => {
    const path = ["chromium", "google-chrome", "chromium-browser"].map(programOnPath).find((found) => found !== undefined);
    return path === undefined ? undefined : { version: "", from: path };
  },
  ...installWithApt("chromium", "a minute or two, once"),
};
