import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";

/** What every process has in common unless its builder says otherwise. */
export function inFolder(directory: string) {
  return {
    environment: {},
    secrets: {},
    cwd: directory,
    files: {},
    init: [],
    readyTimeoutSeconds: 60,
    restart: "always",
    stop: { signal: "SIGTERM", graceSeconds: 15 },
    dropRoot: false,
    revision: "",
  } satisfies Partial<ProcessSpec>;
}

/** A part that `make setup` brings; plain Pulumi commands meet this sentence when it was not run. */
export function installed(path: string | undefined, what: string): string {
  if (path === undefined)
    throw new Error(`${what} is not installed: run 'make setup' (or 'make doctor' to see everything that is missing)`);
  return path;
}

/** A hash of what a process runs, of folders relative to the root of the repository: `up` restarts it when this changed. */
export function sourceRevision(folders: string[]): string {
  const hash = createHash("sha256");
  for (const file of folders.flatMap(filesBelow)) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}
