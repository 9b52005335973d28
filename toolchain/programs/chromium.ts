import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "../apt.ts";
import type { Tool } from "../tool.ts";

/** The browser of the page's tests and benchmark, which also takes the documentation's pictures. */
export const chromiumTool: Tool = {
  name: "Chromium",
  remedy: aptCommand("chromium"),
  find: async () => {
    const path = ["chromium", "google-chrome", "chromium-browser"]
      .map(findProgram)
      .find((found) => found !== undefined);
    return path === undefined ? undefined : { version: "", from: path };
  },
  ...aptInstaller("chromium", "a minute or two, once"),
};
