import { programOnPath } from "@plinth/runtime/locations.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import type { RedisSettings } from "../redis-cache.ts";
import { inFolder, installed } from "./spec.ts";

export function redisProcess(
  settings: Pick<RedisSettings, "port" | "memoryMiB" | "eviction" | "persistence">,
  directory: string,
): ProcessSpec {
  const users = `${directory}/users.acl`;
  return {
    ...inFolder(directory),
    // A crash must not lock tenants out that have users of their own. The server wants the file to be there; an empty one is the default user.
    init: [{ command: "/bin/sh", args: ["-c", ': >>"$0"', users], creates: users }],
    command: installed(programOnPath("redis-server") ?? programOnPath("valkey-server"), "Redis"),
    args: [
      ...["--bind", "127.0.0.1", "--port", String(settings.port), "--dir", directory, "--aclfile", users],
      ...["--maxmemory", `${settings.memoryMiB}mb`, "--maxmemory-policy", settings.eviction],
      ...["--appendonly", settings.persistence === "appendonly" ? "yes" : "no", "--save", ""],
    ],
    ports: { redis: settings.port },
    ready: { kind: "tcp", port: settings.port },
  };
}
