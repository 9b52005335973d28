import { readFileSync } from "node:fs";

export const isLinux = process.platform === "linux";

/** A file of /proc, or `otherwise`: a process may end before it is read. */
export function readFileOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
