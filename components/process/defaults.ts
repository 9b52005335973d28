import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";

/** Values that a process has unless its builder overrides them. */
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
