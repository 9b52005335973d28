import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import type { Logger } from "../core/logger.ts";
import { DB_OPERATION_NAME, DB_SYSTEM_NAME } from "../telemetry/attributes.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing, withSpan } from "../telemetry/tracing.ts";
import { createBatchedLookup } from "./batched-lookups.ts";
import { createLoadsInTurn, createSharedLoads } from "./shared-loads.ts";

/**
 * A cache that may be away: callers then load each value, and no request fails. Values are text,
 * which leaves in one write with a response's headers, where bytes would need a second one.
 */
export interface Cache {
  /**
   * Returns the cached value of `key`, or loads it and caches it for `seconds`. Concurrent requests
   * for a key share one answer, unless it may be older than the later of them. A load that returns
   * undefined caches nothing.
   */
  getOrLoad(key: string, seconds: number, load: Loader): Promise<string | undefined>;
  /**
   * Removes `key`; call it after the change is committed and before it is answered. Reads that
   * begin after it, in any process, see the change: a slow reader of the old value can neither
   * cache it, however late it comes, nor hand it to later ones. For {@link MARK_SECONDS} the key
   * takes no value. While Redis is away a value can be as old as its `seconds`, and no older.
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
const MARK_SECONDS = 10;
/**
 * How long Redis is left alone after a failure: while it hangs, each request would wait its
 * timeout.
 */
const FAILURE_BACKOFF_MS = 500;
/** Replaces the lease by the value, or removes it, unless another mark or value is there now. */
const REPLACE_LEASE = `
if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == "0" then return redis.call("del", KEYS[1]) end
redis.call("set", KEYS[1], ARGV[2], "EX", ARGV[3])
return 1`;
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
  const loads = createSharedLoads();
  const loadInTurn = createLoadsInTurn();
  /** Look-ups that are not sent yet: a reader that joins one is as early as its first. */
  let unsent: Map<string, Promise<string | undefined>> | undefined;

  /** Not async: most requests are hits, and each promise costs a tenth of a microsecond. */
  function lookUp(key: string, seconds: number, load: Loader): Promise<string | undefined> {
    return withSpan(tracing, "cache get", "client", () => readKey(key), SPAN).then(
      (cached) => {
        if (cached !== null && !isMark(cached)) {
          hit.inc();
          return cached;
        }
        const pending = loads.find(key, cached);
        if (pending) {
          shared.inc();
          return pending;
        }
        miss.inc();
        return cached === null ? leaseAndFill(key, seconds, load) : loadUnderMark(key, cached, load);
      },
      (error: unknown) => {
        logger.debug({ err: error }, "cache could not be asked");
        backoffUntil = performance.now() + FAILURE_BACKOFF_MS;
        failure.inc();
        return loadInTurn(key, load);
      },
    );
  }

  function loadUnderMark(key: string, mark: string, load: Loader): Promise<string | undefined> {
    const loaded = load();
    loads.add(key, mark, false, loaded);
    return loaded;
  }

  function leaseAndFill(key: string, seconds: number, load: Loader): Promise<string | undefined> {
    const lease = newMark();
    const filled = fill(key, lease, seconds, load);
    loads.add(key, lease, true, filled);
    return filled;
  }

  /** Loads after the lease is there: a change then removes it, however late this process fills. */
  async function fill(key: string, lease: string, seconds: number, load: Loader): Promise<string | undefined> {
    const leased = await redis.set(key, lease, "EX", MARK_SECONDS, "NX").then(
      (answer) => answer === "OK",
      // Redis is full or away.
      () => false,
    );
    loads.marked(key, lease, leased);
    let loaded: string | undefined;
    try {
      loaded = await load();
    } finally {
      // Not awaited: the value is here already.
      if (leased)
        redis
          .eval(REPLACE_LEASE, 1, key, lease, loaded ?? "", loaded === undefined ? 0 : jitterTtl(seconds))
          .catch((error: Error) => logger.debug({ err: error }, "value was not cached"));
    }
    return loaded;
  }

  function dropShared(key: string): void {
    unsent?.delete(key);
    loads.drop(key);
  }

  return {
    redis,
    getOrLoad(key, seconds, load) {
      if (performance.now() < backoffUntil) {
        failure.inc();
        return loadInTurn(key, load);
      }
      if (!unsent) {
        unsent = new Map();
        // Registered before the look-up's own, so it runs right before that is sent.
        setImmediate(() => {
          unsent = undefined;
        });
      }
      const pending = unsent.get(key);
      if (pending) {
        shared.inc();
        return pending;
      }
      const value = lookUp(key, seconds, load);
      unsent.set(key, value);
      return value;
    },
    async invalidate(key) {
      dropShared(key);
      await redis
        .set(key, newMark(), "EX", MARK_SECONDS)
        // A full Redis takes no mark, but it can still delete.
        .catch((error: Error) => (error.name === "ReplyError" ? redis.del(key) : Promise.reject(error)))
        .catch((error: Error) => logger.warn({ err: error }, "a changed value could not be removed from the cache"));
      // A load that began meanwhile may be from before the change that this call follows.
      dropShared(key);
    },
    check: async () => void (await redis.ping()),
    close: () => redis.disconnect(),
  };
}

/** A mark says that a key was changed or is being loaded. Each is another; see shared-loads.ts. */
const newMark = () => `\0${randomUUID()}`;
const isMark = (cached: string) => cached.charCodeAt(0) === 0;

/** Up to a tenth shorter, so that values cached together do not expire together. */
function jitterTtl(seconds: number): number {
  return Math.max(1, Math.round(seconds * (1 - Math.random() / 10)));
}
