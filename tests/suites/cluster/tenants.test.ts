import assert from "node:assert/strict";
import { withBrokerConnection } from "@plinth/providers/clients/kafka/connection.ts";
import { listQuotas } from "@plinth/providers/clients/kafka/quotas.ts";
import { withRedis } from "@plinth/providers/clients/redis/connection.ts";
import { createCacheTenantsHandler } from "@plinth/providers/handlers/cache-tenants.ts";
import { createTenantQuotasHandler } from "@plinth/providers/handlers/tenant-quotas.ts";
import { tenantName, tenantPassword } from "@plinth/providers/tenancy/names.ts";
import { Redis } from "ioredis";
import { eventually, eventuallyPasses } from "../../support/eventually.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { createStandIn } from "../../support/kubernetes/stand-in.ts";
import { kafka, redis, type Server } from "../../support/servers/servers.ts";

const NAMESPACE = "tenants";
const secret = "a secret of the tests";

describe("What a tenant gets in a cluster, through port-forwards (PLT-6)", () => {
  let running: Cluster;
  let broker: Server;
  let cache: Server;
  const { KUBECONFIG } = process.env;
  const access = () => ({ context: running.context, namespace: NAMESPACE });

  before(async () => {
    [running, broker, cache] = [await cluster(), await kafka(), await redis()];
    process.env.KUBECONFIG = running.kubeconfig;
    const services = { redis: { 6379: cache.port }, redpanda: { 9092: broker.port } };
    await createStandIn(running, { namespace: NAMESPACE, name: "servers", headless: "servers-pods", services });
    // After the API server's restarts in other files, KWOK may take a minute to see new forwards.
    const brokers = [`redpanda.${NAMESPACE}.svc.cluster.local:9092`];
    const cacheUrl = `redis://redis.${NAMESPACE}.svc:6379`;
    const reaches = (attempt: Promise<unknown>) =>
      attempt.then(
        () => true,
        () => false,
      );
    const at = { cluster: access() };
    await eventually(
      "the broker's port is forwarded",
      () => reaches(withBrokerConnection({ brokers, ...at }, 3000, listQuotas)),
      120,
    );
    await eventually(
      "the cache's port is forwarded",
      () => reaches(withRedis({ cacheUrl, ...at }, 3000, (it) => it.ping())),
      120,
    );
  });
  after(() => {
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  it("is a quota at the broker", async () => {
    const handler = createTenantQuotasHandler();
    const quotas = { "901-910": { produceBytesPerSecond: 2048 } };
    const inputs = {
      brokers: [`redpanda.${NAMESPACE}.svc.cluster.local:9092`],
      cluster: access(),
      quotas,
      providerVersion: 1,
    };
    const { outs } = await handler.create(inputs);
    await eventuallyPasses(async () => {
      const found = await withBrokerConnection({ brokers: [broker.url] }, 10_000, listQuotas);
      assert.deepEqual(found.get(905), { produceBytesPerSecond: 2048 });
    });
    assert.deepEqual((await handler.read("tenant-quotas", outs)).inputs, inputs);
    await handler.delete("tenant-quotas", outs);
    await eventuallyPasses(async () => assert.equal((await handler.read("tenant-quotas", outs)).id, ""));
  });

  it("is a user of the cache, for two thousand tenants too", async () => {
    const handler = createCacheTenantsHandler();
    const inputs = {
      cacheUrl: `redis://redis.${NAMESPACE}.svc:6379`,
      cluster: access(),
      tenants: "1001-3000",
      secret,
      providerVersion: 1,
    };
    const { outs } = await handler.create(inputs);
    const own = new Redis(cache.port, {
      username: tenantName(2000),
      password: tenantPassword(secret, 2000),
      enableReadyCheck: false,
    });
    try {
      assert.equal(await own.set("t:2000:a", "1"), "OK");
      await assert.rejects(own.get("t:2001:a"), /NOPERM/);
    } finally {
      own.disconnect();
    }
    assert.deepEqual(await handler.diff("cache-tenants", outs, inputs), { changes: false });
    await handler.delete("cache-tenants", outs);
  });

  it("is not reached by TLS over the API server's TLS", async () => {
    const inputs = {
      cacheUrl: `rediss://:s3cret@redis.${NAMESPACE}.svc:6379`,
      cluster: access(),
      tenants: "1",
      secret,
      providerVersion: 1,
    };
    await assert.rejects(
      createCacheTenantsHandler().create(inputs),
      /^the cache rediss:\/\/redis\.tenants\.svc:6379 wants TLS, but a port-forward is encrypted by the API server: give it as redis:\/\/$/,
    );
  });

  it("is refused in one sentence without the Service", async () => {
    const missing = { cluster: access(), providerVersion: 1 };
    const started = Date.now();
    await assert.rejects(
      createTenantQuotasHandler().create({
        ...missing,
        brokers: [`kafka.${NAMESPACE}.svc:9092`],
        quotas: { "1": { requestPercentage: 1 } },
      }),
      /has no Service kafka in namespace tenants/,
    );
    await assert.rejects(
      createCacheTenantsHandler().create({
        ...missing,
        cacheUrl: `redis://cache.${NAMESPACE}.svc:6379`,
        tenants: "1",
        secret,
      }),
      /has no Service cache in namespace tenants/,
    );
    assert.ok(Date.now() - started < 5_000);
  });
});
