import { Redis } from "ioredis";
import type { Exploration } from "../../support/api/exploration.ts";
import { findLeaks } from "./response-check.ts";

/** Every key of a cache with its value as text. */
export async function readCache(url: string): Promise<Map<string, string>> {
  const redis = new Redis(url);
  try {
    const entries = new Map<string, string>();
    for (const key of await redis.keys("*")) entries.set(key, JSON.stringify(await contents(redis, key)));
    return entries;
  } finally {
    redis.disconnect();
  }
}

/**
 * Returns a line for each key that holds the explored tenant's data and does not name that tenant.
 * @param foreign the tenant that tried to read it
 */
export function keyFindings(entries: ReadonlyMap<string, string>, exploration: Exploration, foreign: number): string[] {
  const names = (key: string, tenant: number) => new RegExp(`(?<!\\d)${tenant}(?!\\d)`).test(key);
  return [...entries].flatMap(([key, value]) => {
    if (names(key, exploration.actor.tenant)) return [];
    // A key of the foreign tenant may name an id for which that tenant asked in vain.
    const held = findLeaks(exploration, names(key, foreign) ? value : `${key} ${value}`);
    return held.length > 0 ? [`${key} holds ${held.join(", ")}, but does not name the tenant`] : [];
  });
}

async function contents(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case "string":
      return redis.get(key);
    case "hash":
      return redis.hgetall(key);
    case "list":
      return redis.lrange(key, 0, -1);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, "0", "-1");
    // It expired meanwhile.
    case "none":
      return null;
    default:
      throw new Error(`unsupported type of the cache key ${key}: extend tests/suites/isolation/cache-keys.ts`);
  }
}
