import { parse } from "@plinth/local/validation/check.ts";
import { defaulted } from "@plinth/local/validation/defaults.ts";
import { byteQuantity, object, oneOf, optional, wholeNumber } from "@plinth/local/validation/rules.ts";
import { offsetPort, type Runtime } from "../base/runtime.ts";
import { sized } from "../base/sizes.ts";
import { externalCacheRule } from "./external.ts";

/** The configuration key `redis`. */
export const redisRule = object({
  memoryMiB: defaulted(
    wholeNumber(16, 1_048_576),
    sized(({ redis }) => redis.memoryMiB),
  ),
  eviction: defaulted(
    oneOf(["allkeys-lfu", "allkeys-lru", "volatile-lfu", "volatile-lru", "volatile-ttl", "noeviction"]),
    { default: "allkeys-lfu" },
  ),
  persistence: defaulted(
    oneOf(["none", "appendonly"]),
    sized(({ redis }) => redis.persistence),
  ),
  storage: defaulted(
    byteQuantity({ description: "with persistence" }),
    sized(({ redis }) => redis.storage),
  ),
  flavour: defaulted(oneOf(["valkey", "redis"]), { default: "valkey" }),
  external: optional(externalCacheRule),
});

/** How a cache is laid out; everything has a default. */
export interface RedisOptions {
  /** TCP port that clients connect to. @default 6379, moved by the stack's port offset */
  port?: number;
  /** Memory limit for keys, in MiB, at least 16; above it keys are evicted. @default 256 */
  memoryMiB?: number;
  /** The server's `maxmemory-policy`: which keys are evicted. @default "allkeys-lfu" */
  eviction?: "allkeys-lfu" | "allkeys-lru" | "volatile-lfu" | "volatile-lru" | "volatile-ttl" | "noeviction";
  /** What survives a restart. `none`: nothing, as in a pure cache. @default "none" */
  persistence?: "none" | "appendonly";
  /** Size of the volume with persistence, as in "4Gi"; Kubernetes only. @default "1Gi" */
  storage?: string;
  /**
   * Which server runs; Kubernetes only. Redis 8 and later have no permissive licence.
   * @default "valkey"
   */
  flavour?: "valkey" | "redis";
}

export type RedisSettings = Required<RedisOptions>;

/** Fills in defaults and checks bounds; free of resources, so that a table of cases can test it. */
export function resolveRedisSettings(args: RedisOptions & { runtime: Runtime }): RedisSettings {
  const settings = {
    port: args.port ?? offsetPort(args.runtime, 6379),
    memoryMiB: args.memoryMiB ?? 256,
    eviction: args.eviction ?? "allkeys-lfu",
    persistence: args.persistence ?? "none",
    storage: args.storage ?? "1Gi",
    flavour: args.flavour ?? "valkey",
  };
  parse(redisRule.properties.memoryMiB, settings.memoryMiB, { where: "RedisCache: 'memoryMiB'" });
  return settings;
}
