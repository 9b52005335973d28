import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cache, createCache } from "@plinth/kit/cache/cache.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { kitMetrics } from "@plinth/kit/telemetry/contract.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { redisProcess } from "../../../../../components/redis/process.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { pathInFolder, redis, type Server, startServer } from "../../../../support/servers/servers.ts";

const logger = createLogger({ service: "test", version: "1", level: "silent" });

describe("cache", () => {
  let server: Server;
  const open: Cache[] = [];
  before(async () => {
    server = await redis();
  });
  afterEach(() => {
    for (const cache of open.splice(0)) cache.close();
  });

  async function connect(
    prefix = `cache-${Math.random()}:`,
    url = server.url,
  ): Promise<{ cache: Cache; metrics: Metrics; results(): Promise<Record<string, number>> }> {
    const metrics = createMetrics("test", "1");
    const cache = createCache({ url, keyPrefix: prefix, logger, metrics });
    open.push(cache);
    await waitUntil("Redis is connected", async () => cache.redis.status === "ready");
    const results = async () => {
      const { values } = await metrics.counter(kitMetrics.cache_requests_total).get();
      return Object.fromEntries(
        values.map(({ labels, value }) => [labels.result, value]).filter(([, value]) => value !== 0),
      ) as Record<string, number>;
    };
    return { cache, metrics, results };
  }

  /** The cache writes without waiting. */
  const cached = (cache: Cache, key: string) =>
    waitUntil(`${key} is cached`, async () => (await cache.redis.get(key)) !== null);

  it("loads once, then answers from Redis and counts it (HLS-2)", async () => {
    const { cache, results } = await connect();
    let loads = 0;
    const load = async () => `value ${++loads} 🎲 שלום`;
    assert.equal(await cache.getOrLoad("a", 60, load), "value 1 🎲 שלום");
    await cached(cache, "a");
    assert.equal(await cache.getOrLoad("a", 60, load), "value 1 🎲 שלום");
    assert.deepEqual(await results(), { miss: 1, hit: 1 });
    const seconds = await cache.redis.ttl("a");
    assert.ok(seconds >= 53 && seconds <= 60, `kept for ${seconds} s`);
  });

  it("loads a value once for a thousand concurrent requests", async () => {
    const { cache, results } = await connect();
    let loads = 0;
    const load = async () => {
      loads++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return "value";
    };
    const answers = await Promise.all(Array.from({ length: 1000 }, () => cache.getOrLoad("busy", 60, load)));
    assert.equal(loads, 1);
    assert.ok(answers.every((answer) => answer === "value"));
    assert.deepEqual(await results(), { miss: 1, shared: 999 });
  });

  it("looks up many concurrent keys with few commands", async () => {
    const { cache } = await connect();
    const keys = Array.from({ length: 600 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => cache.redis.set(key, `of ${key}`)));
    const commands = async () =>
      Number(/cmdstat_mget:calls=(\d+)/.exec(await cache.redis.info("commandstats"))?.[1] ?? 0);
    const earlier = await commands();
    const answers = await Promise.all(
      keys.map((key) => cache.getOrLoad(key, 60, () => Promise.reject(new Error(`${key} is cached`)))),
    );
    assert.deepEqual(
      answers,
      keys.map((key) => `of ${key}`),
    );
    assert.equal((await commands()) - earlier, 3);
  });

  it("never caches a value that was read before a change", async () => {
    const prefix = `cache-${Math.random()}:`;
    const [{ cache: reader }, { cache: writer }] = [await connect(prefix), await connect(prefix)];
    const old = Promise.withResolvers<string>();
    const late = reader.getOrLoad("user", 60, () => old.promise);
    await waitUntil("the reader has looked", async () => /cmdstat_mget/.test(await writer.redis.info("commandstats")));
    await writer.invalidate("user");
    old.resolve("old");
    assert.equal(await late, "old", "it began before the change");
    assert.equal(await reader.getOrLoad("user", 60, async () => "new"), "new");
    assert.equal(await writer.getOrLoad("user", 60, async () => "new"), "new");
  });

  it("lets no reader join a load that began before a change in another process", async () => {
    const prefix = `cache-${Math.random()}:`;
    const [{ cache: reader }, { cache: writer }] = [await connect(prefix), await connect(prefix)];
    for (const [key, leaveMark] of [
      ["changed", true],
      ["changed long ago", false],
      ["changed twice", true],
    ] as const) {
      if (key === "changed twice") await writer.invalidate(key);
      const [old, began] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
      const late = reader.getOrLoad(key, 60, () => {
        began.resolve();
        return old.promise;
      });
      await began.promise;
      await writer.invalidate(key);
      if (!leaveMark) await writer.redis.del(key);
      const loads = [0, 1].map(() => reader.getOrLoad(key, 60, async () => "new"));
      assert.deepEqual(await Promise.race([Promise.all(loads), sleep(1000, "it waits for the old load")]), [
        "new",
        "new",
      ]);
      old.resolve("old");
      assert.equal(await late, "old", "it began before the change");
      assert.notEqual(await reader.redis.get(key), "old", `${key}: the late reader cached it`);
    }
  });

  it("shares a load among readers that come while nothing changes", async () => {
    const { cache, results } = await connect();
    for (const key of ["new", "just changed"]) {
      if (key === "just changed") await cache.invalidate(key);
      let loads = 0;
      const load = async () => {
        loads++;
        await sleep(100);
        return "value";
      };
      const readers: Promise<string | undefined>[] = [];
      for (let reader = 0; reader < 20; reader++) {
        readers.push(cache.getOrLoad(key, 60, load));
        await sleep(1);
      }
      assert.deepEqual(new Set(await Promise.all(readers)), new Set(["value"]));
      assert.equal(loads, 1, `${key}: ${loads} loads`);
    }
    assert.deepEqual(await results(), { miss: 2, shared: 38 });
  });

  it("shares the next load, not the one under way, while Redis is away", async () => {
    const { cache } = await connect();
    await server.kill();
    try {
      await cache.getOrLoad("first", 60, async () => "loaded");
      let loads = 0;
      const load = async () => {
        const seen = `${++loads}`;
        await sleep(20);
        return seen;
      };
      const first = cache.getOrLoad("a", 60, load);
      const others = [1, 2, 3].map(() => cache.getOrLoad("a", 60, load));
      assert.deepEqual(await Promise.all([first, ...others]), ["1", "2", "2", "2"]);
    } finally {
      await server.start();
    }
  });

  it("does not share an answer that was read before a change in this process", async () => {
    const { cache } = await connect();
    const old = Promise.withResolvers<string>();
    const before = cache.getOrLoad("user", 60, () => old.promise);
    await cache.invalidate("user");
    const after = cache.getOrLoad("user", 60, async () => "new");
    old.resolve("old");
    assert.deepEqual(await Promise.all([before, after]), ["old", "new"]);
  });

  it("caches nothing when there is no value or loading fails", async () => {
    const { cache } = await connect();
    assert.equal(await cache.getOrLoad("none", 60, async () => undefined), undefined);
    await assert.rejects(
      cache.getOrLoad("fault", 60, () => Promise.reject(new Error("away"))),
      /away/,
    );
    assert.equal(await cache.getOrLoad("fault", 60, async () => "back"), "back");
    assert.equal(await cache.redis.exists("none"), 0);
  });

  it("waits only once for a Redis that hangs", async () => {
    const { cache } = await connect();
    process.kill(server.pid(), "SIGSTOP");
    try {
      await cache.getOrLoad("first", 60, async () => "loaded");
      const startedAt = performance.now();
      for (let i = 0; i < 20; i++) assert.equal(await cache.getOrLoad(`key-${i}`, 60, async () => "loaded"), "loaded");
      assert.ok(
        performance.now() - startedAt < 200,
        `20 look-ups took ${Math.round(performance.now() - startedAt)} ms`,
      );
    } finally {
      process.kill(server.pid(), "SIGCONT");
    }
  });

  it("loads values while Redis is away and uses it again when it is back", async () => {
    const { cache, results } = await connect();
    await server.kill();
    try {
      assert.equal(await cache.getOrLoad("a", 60, async () => "loaded"), "loaded");
      await cache.invalidate("a");
      assert.deepEqual(await results(), { error: 1 });
      await assert.rejects(cache.check());
    } finally {
      await server.start();
    }
    await waitUntil("Redis is asked again", async () => {
      await cache.getOrLoad("b", 60, async () => "b");
      return (await results()).hit === 1;
    });
  });

  it("invalidates a value while Redis is full, and caches nothing more", async () => {
    const { cache } = await connect();
    await cache.getOrLoad("user", 60, async () => "old");
    await cached(cache, "user");
    await cache.redis.config("SET", "maxmemory-policy", "noeviction", "maxmemory", "1");
    try {
      await cache.invalidate("user");
      assert.equal(await cache.getOrLoad("user", 60, async () => "new"), "new");
    } finally {
      await cache.redis.config("SET", "maxmemory-policy", "allkeys-lfu", "maxmemory", String(64 << 20));
    }
  });

  it("leaves a Redis that a failover made a replica for the one that takes writes", async () => {
    const port = await findFreePort();
    const other = await startServer(
      "redis-other",
      redisProcess({ port, memoryMiB: 64, eviction: "allkeys-lfu", persistence: "none" }, pathInFolder("redis-other")),
      port,
      `redis://localhost:${port}`,
    );
    const proxy = await startFaultProxy(server.port);
    const { cache } = await connect("failover:", `redis://localhost:${proxy.port}`);
    const { cache: old } = await connect("failover:");
    proxy.retarget(other.port);
    await old.redis.replicaof("localhost", String(other.port));
    try {
      await waitUntil("values are cached again", async () => {
        await cache.getOrLoad("user", 60, async () => "value");
        return (await cache.redis.get("user")) === "value";
      });
    } finally {
      await old.redis.replicaof("NO", "ONE");
      await proxy.stop();
    }
  });

  it("asks Redis again after its backoff although the clock was set back", async () => {
    const { cache, results } = await connect();
    await cache.getOrLoad("user", 60, async () => "value");
    await cached(cache, "user");
    const { now } = Date;
    process.kill(server.pid(), "SIGSTOP");
    try {
      assert.equal(await cache.getOrLoad("user", 60, async () => "loaded"), "loaded");
    } finally {
      process.kill(server.pid(), "SIGCONT");
    }
    Date.now = () => now() - 3_600_000;
    try {
      await waitUntil("it is asked", async () => {
        await cache.getOrLoad("user", 60, async () => "loaded");
        return (await results()).hit === 1;
      });
    } finally {
      Date.now = now;
    }
  });
});
