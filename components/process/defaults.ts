import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";

/**
 * Tells an HTTP server the names under which it answers: a page of a stranger's name that leads to
 * this machine must not read its answers.
 */
export function hostVariables(allowedHosts: readonly string[] = []): { ALLOWED_HOSTS: string } {
  return { ALLOWED_HOSTS: ["localhost", ...allowedHosts].join(",") };
}

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
