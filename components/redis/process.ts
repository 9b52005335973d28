import { findProgram } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { processDefaults } from "../process/defaults.ts";
import { redisProbe } from "../process/probes.ts";
import { requireInstalled } from "../process/programs.ts";
import type { RedisSettings } from "./settings.ts";

export function redisProcess(
  settings: Pick<RedisSettings, "port" | "memoryMiB" | "eviction" | "persistence">,
  directory: string,
): ProcessSpec {
  const users = `${directory}/users.acl`;
  return {
    ...processDefaults(directory),
    // The file keeps the tenants' users through a crash. The server refuses to start without it; an
    // empty file means the default user.
    init: [{ command: "/bin/sh", args: ["-c", ': >>"$0"', users], creates: users }],
    command: requireInstalled(findProgram("redis-server") ?? findProgram("valkey-server"), "Redis"),
    args: [
      ...["--bind", "127.0.0.1", "--port", String(settings.port), "--dir", directory, "--aclfile", users],
      ...["--maxmemory", `${settings.memoryMiB}mb`, "--maxmemory-policy", settings.eviction],
      ...["--appendonly", settings.persistence === "appendonly" ? "yes" : "no", "--save", ""],
    ],
    ports: { redis: settings.port },
    ready: redisProbe(settings.port),
  };
}
