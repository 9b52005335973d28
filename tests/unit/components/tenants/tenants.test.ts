import assert from "node:assert/strict";
import { tenantPassword } from "@plinth/providers/tenancy/names.ts";
import * as pulumi from "@pulumi/pulumi";
import { parseTenants } from "../../../../components/tenants/declaration.ts";
import { mockEngine, registered, registeredNames, resolveOutput } from "../../../support/program/pulumi-mocks.ts";

await mockEngine();
const { Tenants } = await import("../../../../components/tenants/tenants.ts");

const { isRpcSecret: isSecret, unwrapRpcSecret: unwrap } = pulumi.runtime;
const databaseUrl = "postgresql://app:app@localhost:5432/app";
const tenantSecret = "a secret of the tests";
const make = async (configured: unknown, more: object = {}) => {
  registered.length = 0;
  const tenants = new Tenants("tenants", {
    databaseUrl,
    brokers: "localhost:19092,localhost:19093",
    cacheUrl: "redis://:s3cret@localhost:6379",
    tenants: parseTenants(configured),
    tenantSecret,
    ...more,
  });
  await resolveOutput(tenants.urn);
  await resolveOutput(tenants.distributed);
  await new Promise(setImmediate);
  return tenants;
};
const inputsOf = (name: string) => registered.find((resource) => resource.name === name)!.inputs;

describe("PLT-6 the Tenants component", () => {
  it("makes rows alone for ids alone", async () => {
    await make("10001");
    assert.deepEqual(registeredNames(), ["TenantRows tenants-1", "component Tenants tenants"]);
  });

  it("makes one resource for each thing that is declared", async () => {
    await make([
      {
        ids: 10001,
        broker: { produceBytesPerSecond: 1024 },
        cache: "isolated",
        placement: { worker: 1, isolate: true },
      },
      { ids: "10002-10005", broker: { produceBytesPerSecond: 1024 } },
      { ids: [10007, 10006], placement: { worker: 0 } },
      "10008",
    ]);
    assert.deepEqual(registeredNames(), [
      "CacheTenants tenants-users",
      "TenantPlacements tenants-placements",
      "TenantQuotas tenants-quotas",
      "TenantRows tenants-1",
      "component Tenants tenants",
    ]);
    assert.deepEqual(inputsOf("tenants-1").tenants, "10001-10008");
    assert.deepEqual(inputsOf("tenants-quotas").quotas, { "10001-10005": { produceBytesPerSecond: 1024 } });
    assert.deepEqual(inputsOf("tenants-quotas").brokers, ["localhost:19092", "localhost:19093"]);
    assert.equal(inputsOf("tenants-users").tenants, "10001");
    assert.deepEqual(inputsOf("tenants-placements").placements, [
      { tenant: 10001, worker: 1, isolate: true },
      { tenant: 10006, worker: 0, isolate: false },
      { tenant: 10007, worker: 0, isolate: false },
    ]);
  });

  it("hands secrets to the cache's users as such", async () => {
    await make([{ ids: 1, cache: "isolated" }]);
    const { cacheUrl, secret } = inputsOf("tenants-users");
    assert.ok(isSecret(cacheUrl) && isSecret(secret));
    assert.equal(unwrap(secret), tenantSecret);
  });

  it("needs eleven resources at most for 100,000 tenants with everything", async () => {
    await make([{ ids: "100001-200000", broker: { consumeBytesPerSecond: 1024 }, cache: "isolated" }]);
    const made = registeredNames().filter((name) => !name.startsWith("component"));
    assert.ok(made.length <= 10, made.join());
  });

  it("passes the way into the cluster on to each of them", async () => {
    const cluster = { context: "kind-plinth", namespace: "dev-infra" };
    await make([{ ids: 1, broker: { requestPercentage: 1 }, cache: "isolated", placement: { worker: 0 } }], {
      cluster,
    });
    const made = registered.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
    assert.equal(made.length, 4);
    for (const { name, inputs } of made) assert.deepEqual(inputs.cluster, cluster, name);
  });

  it("says what a tenant goes by: client id, prefix, organisation and, where it is isolated, its own way into the cache", async () => {
    const tenants = await make([{ ids: 1, cache: "isolated" }, 2]);
    const { cacheUrl, ...own } = tenants.getAccess(1);
    assert.deepEqual(own, { clientId: "tenant-1", keyPrefix: "t:1:", organisation: "1" });
    assert.equal(await resolveOutput(cacheUrl!), `redis://tenant-1:${tenantPassword(tenantSecret, 1)}@localhost:6379`);
    assert.equal(await pulumi.isSecret(cacheUrl!), true);
    assert.deepEqual(tenants.getAccess(2), { clientId: "tenant-2", keyPrefix: "t:2:", organisation: "2" });
    assert.throws(() => tenants.getAccess(3), /^tenants: tenant 3 is not declared$/);
  });

  it("asks for the secret when a tenant is isolated", async () => {
    await assert.rejects(
      make([{ ids: "1-3", cache: "isolated" }], { tenantSecret: undefined }),
      /^tenants: tenants 1-3 are 'cache: isolated', which needs the argument tenantSecret$/,
    );
  });

  it("INF-4 places tenants as who sees every row, on the workers that there are", async () => {
    const citus = { adminUrl: "postgresql://postgres:s3cret@citus/app", workers: ["citus-worker-0", "citus-worker-1"] };
    await make([{ ids: 7, placement: { worker: 1 } }], { citus });
    const placed = inputsOf("tenants-placements");
    assert.equal(unwrap(placed.databaseUrl), citus.adminUrl);
    assert.deepEqual(placed.workers, citus.workers);
    assert.equal(unwrap(inputsOf("tenants-0").databaseUrl), databaseUrl);
  });
});
