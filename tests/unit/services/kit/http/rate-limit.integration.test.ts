import assert from "node:assert/strict";
import { createCache } from "@plinth/kit/cache/cache.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { addRateLimit } from "@plinth/kit/http/rate-limit.ts";
import { requireTenant } from "@plinth/kit/http/tenant.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { createSilentHttpServer, silentLogger } from "../../../../support/kit/silent-http-server.ts";
import { redis, type Server } from "../../../../support/servers/servers.ts";

describe("rate limit", () => {
  let cache: Server;
  before(async () => {
    cache = await redis();
  });

  /** One replica: its own connection, the counters shared. */
  async function replica(requests: number, prefix: string, url = cache.url) {
    const http = await createSilentHttpServer();
    const { redis: client, close } = createCache({
      url,
      keyPrefix: prefix,
      logger: silentLogger,
      metrics: createMetrics("test", "1"),
    });
    await waitUntil("Redis is connected", async () => client.status === "ready");
    await http.register(async (scope: HttpServer) => {
      requireTenant(scope, { knows: () => true });
      await addRateLimit(scope, { redis: client, maxRequests: requests, windowSeconds: 60 });
      scope.get("/limited", () => ({}));
    });
    await http.ready();
    return {
      ask: (tenant: number) => http.inject({ url: "/limited", headers: { "x-tenant-id": String(tenant) } }),
      close,
      client,
    };
  }

  it("counts a tenant's requests over all replicas and leaves other tenants alone (SHOP-7)", async () => {
    const prefix = `limit-${Math.random()}:`;
    const [one, other] = [await replica(3, prefix), await replica(3, prefix)];
    const statuses = [];
    for (const at of [one, other, one, other, one]) statuses.push((await at.ask(1)).statusCode);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    const refused = await one.ask(1);
    assert.equal(refused.json<{ error: { code: string } }>().error.code, "rate_limited");
    assert.ok(Number(refused.headers["retry-after"]) > 0);
    assert.equal((await one.ask(2)).statusCode, 200);
    one.close();
    other.close();
  });

  it("stops waiting for a silent Redis and queues nothing", async () => {
    const proxy = await startFaultProxy(cache.port);
    const at = await replica(1000, `limit-${Math.random()}:`, `redis://127.0.0.1:${proxy.port}`);
    try {
      assert.equal((await at.ask(1)).headers["ratelimit-limit"], "1000");
      proxy.blackHole();
      const timed = async () => {
        const begun = performance.now();
        assert.equal((await at.ask(1)).statusCode, 200);
        return performance.now() - begun;
      };
      await waitUntil(
        "requests are not held up",
        async () => Math.max(await timed(), await timed(), await timed()) < 100,
        Boolean,
        4000,
      );
      assert.equal(at.client.status === "ready", false);
      await proxy.heal();
      await waitUntil("they are counted again", async () => (await at.ask(1)).headers["ratelimit-limit"] === "1000");
    } finally {
      at.close();
      await proxy.stop();
    }
  }).timeout(15_000);

  it("limits nothing while Redis is away", async () => {
    const at = await replica(1, `limit-${Math.random()}:`);
    await cache.kill();
    try {
      for (let i = 0; i < 3; i++) assert.equal((await at.ask(1)).statusCode, 200);
    } finally {
      await cache.start();
      at.close();
    }
  });
});
