import { join } from "node:path";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";

/** A shell script that is ready when it has printed "ready". */
export function shellSpec(directory: string, script: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    command: "/bin/sh",
    args: ["-c", script],
    environment: {},
    secrets: {},
    cwd: join(directory, "work"),
    files: {},
    init: [],
    ports: {},
    ready: { kind: "log", line: "ready" },
    readyTimeoutSeconds: 10,
    restart: "always",
    stop: { signal: "SIGTERM", graceSeconds: 5 },
    dropRoot: false,
    revision: "",
    ...more,
  };
}

/** A shell that prints "ready" and becomes `sleep`. */
export const SLEEP_SCRIPT = "echo ready; exec sleep 600";
