import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";

/** A hash of folders relative to the root of the repository: `up` restarts it when this changed. */
export function sourceRevision(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of folders.flatMap(filesBelow)) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}

/** Of all that a service runs: its own folder, the kit and the schemas. */
export function serviceRevision(service: string): string {
  return sourceRevision([join("services", service), "services/kit", "schemas"]);
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}
