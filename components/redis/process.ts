import { findProgram } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { processDefaults, requireInstalled } from "../process/defaults.ts";
import type { RedisSettings } from "./redis-cache.ts";

export function redisProcess(
  settings: Pick<RedisSettings, "port" | "memoryMiB" | "eviction" | "persistence">,
  directory: string,
): ProcessSpec {
  const users = `${directory}/users.acl`;
  return {
    ...processDefaults(directory),
    // A crash must not lock tenants out that have users of their own. The server wants the file to
    // be there; an empty one is the default user.
    init: [{ command: "/bin/sh", args: ["-c", ': >>"$0"', users], creates: users }],
    command: requireInstalled(findProgram("redis-server") ?? findProgram("valkey-server"), "Redis"),
    args: [
      ...["--bind", "127.0.0.1", "--port", String(settings.port), "--dir", directory, "--aclfile", users],
      ...["--maxmemory", `${settings.memoryMiB}mb`, "--maxmemory-policy", settings.eviction],
      ...["--appendonly", settings.persistence === "appendonly" ? "yes" : "no", "--save", ""],
    ],
    ports: { redis: settings.port },
    ready: { kind: "tcp", port: settings.port },
  };
}
