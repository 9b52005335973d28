import { Redis } from "ioredis";
import type { Exploration } from "../../support/api/exploration.ts";
import { findLeaks } from "./response-check.ts";

/** Every key of a cache with what it holds, as text. */
export async function readCache(url: string): Promise<Map<string, string>> {
  const redis = new Redis(url);
  try {
    const found = new Map<string, string>();
    for (const key of await redis.keys("*")) found.set(key, JSON.stringify(await contents(redis, key)));
    return found;
  } finally {
    redis.disconnect();
  }
}

/**
 * A line for each key that holds what was explored without naming the tenant that it belongs to.
 * @param foreign tenants that have asked for it
 */
export function keyFindings(entries: ReadonlyMap<string, string>, exploration: Exploration, foreign: number): string[] {
  const names = (key: string, tenant: number) => new RegExp(`(?<!\\d)${tenant}(?!\\d)`).test(key);
  return [...entries].flatMap(([key, value]) => {
    if (names(key, exploration.actor.tenant)) return [];
    // What a foreign tenant asked for in vain may be remembered as that one's.
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
    // It ran out between two looks.
    case "none":
      return null;
    default:
      throw new Error(`the test cannot read the cache key ${key}: teach tests/suites/isolation/cache-keys.ts`);
  }
}
