import { Redis } from "ioredis";
import type { Logger } from "../core/logger.ts";
import { DB_OPERATION_NAME, DB_SYSTEM_NAME } from "../telemetry/attributes.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing, withSpan } from "../telemetry/tracing.ts";
import { createBatchedLookup } from "./batched-lookups.ts";

/**
 * A cache that may be away: callers then load each value, and no request fails. Values are text,
 * which leaves in one write with a response's headers, where bytes would need a second one.
 */
export interface Cache {
  /**
   * Returns the cached value of `key`, or loads it and caches it for `seconds`. Concurrent requests
   * for a key share one answer. A load that returns undefined caches nothing.
   */
  getOrLoad(key: string, seconds: number, load: Loader): Promise<string | undefined>;
  /**
   * Removes `key`; call it after the change is committed. For {@link TOMBSTONE_SECONDS} the key
   * takes no value, so that a slow reader of the old value cannot cache it. While Redis is away a
   * value can be as old as its `seconds`, and no older.
   */
  invalidate(key: string): Promise<void>;
  /** For a service's other data, under the same prefix. */
  redis: Redis;
  check(): Promise<void>;
  close(): void;
}

/** Returns undefined if there is no such value. */
export type Loader = () => Promise<string | undefined>;

export interface CacheSettings {
  url: string;
  /** Prefix of every key, such as `wallet:`. */
  keyPrefix: string;
  logger: Logger;
  metrics: Metrics;
  /** Records a span for each look-up of a sampled trace. @default {@link noopTracing} */
  tracing?: Tracing | undefined;
}

/** Longer than any load takes: the database ends a query sooner. */
const TOMBSTONE_SECONDS = 10;
/**
 * How long Redis is left alone after a failure: while it hangs, each request would wait its
 * timeout.
 */
const FAILURE_BACKOFF_MS = 500;
const TOMBSTONE = "\0";
const SPAN = { attributes: { [DB_SYSTEM_NAME]: "redis", [DB_OPERATION_NAME]: "GET" } };

export function createCache({ url, keyPrefix, logger, metrics, tracing = noopTracing }: CacheSettings): Cache {
  const requests = metrics.counter(kitMetrics.cache_requests_total);
  const [hit, miss, shared, failure] = [
    requests.labels("hit"),
    requests.labels("miss"),
    requests.labels("shared"),
    requests.labels("error"),
  ];
  const redis = new Redis(url, {
    keyPrefix,
    enableAutoPipelining: true,
    // Look-ups are batched already.
    autoPipeliningIgnoredCommands: ["mget"],
    // Commands fail at once while Redis is away.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 250,
    // Without it a hung connection, and the commands behind it, would last for minutes.
    socketTimeout: 1000,
    connectTimeout: 1000,
    // A connection that outlived a failover leads to a replica, which never takes a write.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
  });
  let down = false;
  redis.on("ready", () => {
    if (down) logger.info("cache is back");
    down = false;
  });
  redis.on("error", (error: Error) => {
    // Each attempt to reconnect fails the same way; one line is enough.
    if (!down) logger.warn({ err: error }, "cache cannot be reached");
    down = true;
  });
  const readKey = createBatchedLookup(redis, metrics.histogram(kitMetrics.cache_lookup_duration_seconds).labels());
  let backoffUntil = 0;
  const inFlight = new Map<string, Promise<string | undefined>>();

  /** Not async: most requests are hits, and each promise costs a tenth of a microsecond. */
  function lookUp(key: string, seconds: number, load: Loader): Promise<string | undefined> {
    if (performance.now() < backoffUntil) return loadUncached(failure, load);
    return withSpan(tracing, "cache get", "client", () => readKey(key), SPAN).then(
      (cached) => {
        if (cached === null) return fill(key, seconds, load);
        if (cached === TOMBSTONE) return loadUncached(miss, load);
        hit.inc();
        return cached;
      },
      (error: unknown) => {
        logger.debug({ err: error }, "cache could not be asked");
        backoffUntil = performance.now() + FAILURE_BACKOFF_MS;
        return loadUncached(failure, load);
      },
    );
  }

  function loadUncached(result: { inc(): void }, load: Loader): Promise<string | undefined> {
    result.inc();
    return load();
  }

  async function fill(key: string, seconds: number, load: Loader): Promise<string | undefined> {
    const loaded = await loadUncached(miss, load);
    // NX keeps a tombstone and the value of a later load. Not awaited: the value is here already.
    if (loaded !== undefined)
      redis
        .set(key, loaded, "EX", jitterTtl(seconds), "NX")
        .catch((error: Error) => logger.debug({ err: error }, "value was not cached"));
    return loaded;
  }

  return {
    redis,
    getOrLoad(key, seconds, load) {
      const pending = inFlight.get(key);
      if (pending) {
        shared.inc();
        return pending;
      }
      const value = lookUp(key, seconds, load);
      inFlight.set(key, value);
      const settle = () => {
        if (inFlight.get(key) === value) inFlight.delete(key);
      };
      value.then(settle, settle);
      return value;
    },
    async invalidate(key) {
      // Later requests must not share an answer that was read before the change.
      inFlight.delete(key);
      await redis
        .set(key, TOMBSTONE, "EX", TOMBSTONE_SECONDS)
        // A full Redis takes no tombstone, but it can still delete.
        .catch((error: Error) => (error.name === "ReplyError" ? redis.del(key) : Promise.reject(error)))
        .catch((error: Error) => logger.warn({ err: error }, "a changed value could not be removed from the cache"));
    },
    check: async () => void (await redis.ping()),
    close: () => redis.disconnect(),
  };
}

/** Up to a tenth shorter, so that values cached together do not expire together. */
function jitterTtl(seconds: number): number {
  return Math.max(1, Math.round(seconds * (1 - Math.random() / 10)));
}
