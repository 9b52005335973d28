import { programOnPath } from "@plinth/runtime/locations.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import type { RedisSettings } from "../redis-cache.ts";
import { inFolder, installed } from "./spec.ts";

export function redisProcess(settings: RedisSettings, directory: string): ProcessSpec {
  return {
    ...inFolder(directory),
    command: installed(programOnPath("redis-server") ?? programOnPath("valkey-server"), "Redis"),
    args: [
      ...["--bind", "127.0.0.1", "--port", String(settings.port), "--dir", directory],
      ...["--maxmemory", `${settings.memoryMiB}mb`, "--maxmemory-policy", "allkeys-lfu"],
      ...["--appendonly", settings.persistence === "appendonly" ? "yes" : "no", "--save", ""],
    ],
    ports: { redis: settings.port },
    ready: { kind: "tcp", port: settings.port },
  };
}
