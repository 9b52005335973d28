import assert from "node:assert/strict";
import { tenantPassword } from "@plinth/providers/tenancy/names.ts";
import * as pulumi from "@pulumi/pulumi";
import { parseTenants } from "../../../../components/tenants/declaration.ts";
import { Tenants } from "../../../../components/tenants/tenants.ts";
import { mockEngine, registered, registeredNames, resolveOutput } from "../../../support/program/pulumi-mocks.ts";

const { isRpcSecret: isSecret, unwrapRpcSecret: unwrap } = pulumi.runtime;
const databaseUrl = "postgresql://app:app@localhost:5432/app";
const tenantSecret = "a secret of the tests";
const create = async (configured: unknown, more: object = {}) => {
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

describe("the Tenants component (PLT-6)", () => {
  before(() => mockEngine());

  it("creates rows alone for ids alone", async () => {
    await create("10001");
    assert.deepEqual(registeredNames(), ["TenantRows tenants-1", "component Tenants tenants"]);
  });

  it("creates one resource for each kind of setting", async () => {
    await create([
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

  it("passes the cache's secrets on as secrets", async () => {
    await create([{ ids: 1, cache: "isolated" }]);
    const { cacheUrl, secret } = inputsOf("tenants-users");
    assert.ok(isSecret(cacheUrl) && isSecret(secret));
    assert.equal(unwrap(secret), tenantSecret);
  });

  it("creates at most ten resources for 100,000 tenants with quotas and cache users", async () => {
    await create([{ ids: "100001-200000", broker: { consumeBytesPerSecond: 1024 }, cache: "isolated" }]);
    const resources = registeredNames().filter((name) => !name.startsWith("component"));
    assert.ok(resources.length <= 10, resources.join());
  });

  it("passes the access to the cluster to each resource", async () => {
    const cluster = { context: "kind-plinth", namespace: "dev-infra" };
    await create([{ ids: 1, broker: { requestPercentage: 1 }, cache: "isolated", placement: { worker: 0 } }], {
      cluster,
    });
    const resources = registered.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
    assert.equal(resources.length, 4);
    for (const { name, inputs } of resources) assert.deepEqual(inputs.cluster, cluster, name);
  });

  it("returns how a tenant connects: client id, key prefix, organisation and, when isolated, its cache user", async () => {
    const tenants = await create([{ ids: 1, cache: "isolated" }, 2]);
    const { cacheUrl, ...names } = tenants.getAccess(1);
    assert.deepEqual(names, { clientId: "tenant-1", keyPrefix: "t:1:", organisation: "1" });
    assert.equal(await resolveOutput(cacheUrl!), `redis://tenant-1:${tenantPassword(tenantSecret, 1)}@localhost:6379`);
    assert.equal(await pulumi.isSecret(cacheUrl!), true);
    assert.deepEqual(tenants.getAccess(2), { clientId: "tenant-2", keyPrefix: "t:2:", organisation: "2" });
    assert.throws(() => tenants.getAccess(3), /^tenants: tenant 3 is not declared$/);
  });

  it("requires the secret when a tenant is isolated", async () => {
    await assert.rejects(
      create([{ ids: "1-3", cache: "isolated" }], { tenantSecret: undefined }),
      /^tenants: tenants 1-3 are 'cache: isolated', which needs the argument tenantSecret$/,
    );
  });

  it("places tenants as the superuser, on the cluster's workers (INF-4)", async () => {
    const citus = { adminUrl: "postgresql://postgres:s3cret@citus/app", workers: ["citus-worker-0", "citus-worker-1"] };
    await create([{ ids: 7, placement: { worker: 1 } }], { citus });
    const placements = inputsOf("tenants-placements");
    assert.equal(unwrap(placements.databaseUrl), citus.adminUrl);
    assert.deepEqual(placements.workers, citus.workers);
    assert.equal(unwrap(inputsOf("tenants-0").databaseUrl), databaseUrl);
  });
});
