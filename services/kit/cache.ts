import { Redis } from "ioredis";
import type { Logger } from "./logger.ts";

/** A cache that can be away: a value that it does not give is loaded, and a failure of it fails nobody. */
export interface Cache {
  /** The cached text of `key`, or what `load` gives, kept for `seconds`. `load` giving undefined caches nothing. */
  through(key: string, seconds: number, load: () => Promise<string | undefined>): Promise<string | undefined>;
  check(): Promise<void>;
  close(): void;
}

export function createCache(url: string, prefix: string, logger: Logger): Cache {
  const redis = new Redis(url, {
    keyPrefix: prefix,
    enableAutoPipelining: true,
    // Commands fail at once while Redis is away, instead of waiting in a queue for it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 250,
    connectTimeout: 1000,
    retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
  });
  let down = false;
  redis.on("ready", () => {
    if (down) logger.info("cache is back");
    down = false;
  });
  redis.on("error", (error: Error) => {
    // Each attempt to reconnect reports the same; one line says enough.
    if (!down) logger.warn({ err: error }, "cache cannot be reached");
    down = true;
  });
  const ignoreFailure = (error: Error) => {
    logger.debug({ err: error }, "cache missed");
    return null;
  };
  return {
    async through(key, seconds, load) {
      const cached = await redis.get(key).catch(ignoreFailure);
      if (cached !== null) return cached;
      const loaded = await load();
      if (loaded !== undefined) await redis.set(key, loaded, "EX", seconds).catch(ignoreFailure);
      return loaded;
    },
    check: async () => void (await redis.ping()),
    close: () => redis.disconnect(),
  };
}
