import { Redis } from "ioredis";
import type { Logger } from "../core/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/**
 * A cache that can be away: a value that it does not give is loaded, and a failure of it fails
 * nobody. Values are texts: a hit can be answered as it is, and a text leaves in one write with the
 * headers, where bytes would be a write of their own.
 */
export interface Cache {
  /**
   * The cached value of `key`, or what `load` gives, kept for `seconds`. Requests for one key that
   * come while it is being looked up or loaded share the answer. `load` giving undefined caches
   * nothing.
   */
  getOrLoad(key: string, seconds: number, load: Loader): Promise<string | undefined>;
  /**
   * Forgets `key`; call it after the change is committed. Whoever read the old value before the
   * change and is late in caching it cannot: for {@link TOMBSTONE_SECONDS} the key takes no value.
   * While Redis is away a value can be as old as its `seconds`, and no older.
   */
  invalidate(key: string): Promise<void>;
  /** For what else a service keeps there, with the same prefix. */
  redis: Redis;
  check(): Promise<void>;
  close(): void;
}

/** Gives undefined when there is no such value. */
export type Loader = () => Promise<string | undefined>;

export interface CacheSettings {
  url: string;
  /** Stands before every key, such as `wallet:`. */
  keyPrefix: string;
  logger: Logger;
  metrics: Metrics;
}

/** Longer than any load can take: the database ends a query sooner. */
const TOMBSTONE_SECONDS = 10;
/**
 * Milliseconds for which Redis is not asked after it failed: one that hangs would otherwise add its
 * time-out to every request.
 */
const FAILURE_BACKOFF_MS = 500;
const TOMBSTONE = "\0";
/** Keys that one command asks for. */
const MAX_BATCH_KEYS = 256;

export function createCache({ url, keyPrefix, logger, metrics }: CacheSettings): Cache {
  const requests = metrics.counter(
    "cache_requests_total",
    "Look-ups: hit, miss, shared (another request's answer) or error",
    ["result"],
  );
  const [hit, miss, shared, failed] = [
    requests.labels("hit"),
    requests.labels("miss"),
    requests.labels("shared"),
    requests.labels("error"),
  ];
  const redis = new Redis(url, {
    keyPrefix: keyPrefix,
    enableAutoPipelining: true,
    // One command already for many look-ups.
    autoPipeliningIgnoredCommands: ["mget"],
    // Commands fail at once while Redis is away, instead of waiting in a queue for it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 250,
    // A command that is given up still waits in its line, as long as the connection does: for
    // minutes, while nothing comes.
    socketTimeout: 1000,
    connectTimeout: 1000,
    // A connection that outlived a failover leads to what is now a copy: it would be read for ever,
    // and never written.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
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
  const look = batchLookups(redis);
  let restsUntil = 0;
  const under = new Map<string, Promise<string | undefined>>();

  /**
   * No async function: a hit is what most requests are, and each promise less is a tenth of a
   * microsecond for all of them.
   */
  function find(key: string, seconds: number, load: Loader): Promise<string | undefined> {
    if (performance.now() < restsUntil) return loadPast(failed, load);
    return look(key).then(
      (cached) => {
        if (cached === null) return fill(key, seconds, load);
        if (cached === TOMBSTONE) return loadPast(miss, load);
        hit.inc();
        return cached;
      },
      (error: unknown) => {
        logger.debug({ err: error }, "cache could not be asked");
        restsUntil = performance.now() + FAILURE_BACKOFF_MS;
        return loadPast(failed, load);
      },
    );
  }

  /** Without caching what is loaded. */
  function loadPast(counted: { inc(): void }, load: Loader): Promise<string | undefined> {
    counted.inc();
    return load();
  }

  async function fill(key: string, seconds: number, load: Loader): Promise<string | undefined> {
    const loaded = await loadPast(miss, load);
    // NX: never over a guard, nor over what a later load has put there. Not waited for: the value
    // is here.
    if (loaded !== undefined)
      redis
        .set(key, loaded, "EX", jitterTtl(seconds), "NX")
        .catch((error: Error) => logger.debug({ err: error }, "value was not cached"));
    return loaded;
  }

  return {
    redis,
    getOrLoad(key, seconds, load) {
      const begun = under.get(key);
      if (begun) {
        shared.inc();
        return begun;
      }
      const found = find(key, seconds, load);
      under.set(key, found);
      const end = () => {
        if (under.get(key) === found) under.delete(key);
      };
      found.then(end, end);
      return found;
    },
    async invalidate(key) {
      // Whoever asks from now on must not share an answer that was read before the change.
      under.delete(key);
      await redis
        .set(key, TOMBSTONE, "EX", TOMBSTONE_SECONDS)
        // Full, it takes no guard, but it can still forget.
        .catch((error: Error) => (error.name === "ReplyError" ? redis.del(key) : Promise.reject(error)))
        .catch((error: Error) => logger.warn({ err: error }, "a changed value could not be removed from the cache"));
    },
    check: async () => void (await redis.ping()),
    close: () => redis.disconnect(),
  };
}

/** Up to a tenth shorter, so that values cached in one moment do not all end in one moment. */
function jitterTtl(seconds: number): number {
  return Math.max(1, Math.round(seconds * (1 - Math.random() / 10)));
}

interface LookupBatch {
  keys: string[];
  answers: PromiseWithResolvers<string | null>[];
}

/**
 * Looks keys up, all of one turn of the event loop in one command: a third of what a command for
 * each would cost the process.
 */
function batchLookups(redis: Redis): (key: string) => Promise<string | null> {
  let open: LookupBatch | undefined;

  function send({ keys, answers }: LookupBatch): void {
    redis.mget(keys).then(
      (values) => answers.forEach(({ resolve }, index) => void resolve(values[index] ?? null)),
      (error: unknown) => answers.forEach(({ reject }) => void reject(error)),
    );
  }
  return (key) => {
    if (!open || open.keys.length === MAX_BATCH_KEYS) {
      const asked: LookupBatch = { keys: [], answers: [] };
      open = asked;
      setImmediate(() => {
        if (open === asked) open = undefined;
        send(asked);
      });
    }
    const answer = Promise.withResolvers<string | null>();
    open.keys.push(key);
    open.answers.push(answer);
    return answer.promise;
  };
}
