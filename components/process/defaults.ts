import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";

/** What every process has in common unless its builder says otherwise. */
export function processDefaults(directory: string) {
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

/**
 * A part that `make setup` brings; plain Pulumi commands meet this sentence when it was not run.
 */
export function requireInstalled(path: string | undefined, what: string): string {
  if (path === undefined)
    throw new Error(`${what} is not installed: run 'make setup' (or 'make doctor' to see everything that is missing)`);
  return path;
}
