import { spawn } from "node:child_process";
import { findProgram } from "@plinth/local/locations.ts";

/** Opens an address where a person sits at this machine; otherwise the printed one has to do. */
export function openBrowser(url: string): void {
  const hasScreen = process.platform === "darwin" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  const program = findProgram(process.platform === "darwin" ? "open" : "xdg-open");
  if (!process.stdout.isTTY || !hasScreen || program === undefined) return;
  spawn(program, [url], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
