import assert from "node:assert/strict";
import type { Handler } from "@plinth/providers/dynamic-resource.ts";
import { FakeApiServer } from "../../../support/kubernetes/fake-api-server.ts";

type AnyHandler = Handler<Record<string, unknown>, Record<string, unknown>>;

const databaseUrl = "postgresql://app:app@citus-coordinator.dev-infra.svc:5432/app";
const brokers = ["redpanda.dev-infra.svc:9092"];

/** What the state holds of each resource, by its handler. */
const states: Record<string, Record<string, unknown>> = {
  "avro-schemas": {
    registryUrl: "http://schema-registry.dev-infra.svc:8081",
    subjects: { "V1_BETS-value": { schema: '"string"' } },
    compatibility: "BACKWARD",
    onDelete: "soft-delete",
    registered: {},
  },
  "cache-tenants": { cacheUrl: "redis://redis.dev-infra.svc:6379", secret: "s", tenants: "10001" },
  "citus-nodes": {
    adminUrl: databaseUrl,
    coordinator: { host: "citus-coordinator.dev-infra.svc", port: 5432 },
    workers: [],
    port: 5432,
    database: "app",
    user: "app",
    password: "app",
  },
  "kafka-topics": { brokers, topics: { V1_BETS: { partitions: 1 } }, onDelete: "delete" },
  migrations: { databaseUrl, service: "wallet", directory: "migrations/wallet", files: [] },
  "tenant-placements": { databaseUrl, placements: [], workers: [] },
  "tenant-quotas": { brokers, quotas: { "10001": { producerBytesPerSecond: 1 } } },
  tenants: { databaseUrl, tenants: "10001", batch: 0 },
};

describe("A resource whose server the cluster no longer has (PLT-10)", () => {
  const { KUBECONFIG } = process.env;
  let cluster: FakeApiServer;
  before(async () => {
    cluster = await new FakeApiServer().start();
    process.env.KUBECONFIG = cluster.kubeconfig();
  });
  after(async () => {
    await cluster.stop();
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  for (const [name, state] of Object.entries(states))
    it(`is gone: ${name}`, async () => {
      const { handler } = (await import(`@plinth/providers/handlers/${name}.ts`)) as { handler: AnyHandler };
      const props = { ...state, cluster: { context: "kind-staged", namespace: "dev-infra" } };
      assert.equal((await handler.read(name, props)).id, "");
      await handler.delete(name, props);
    });

  it("fails a refresh while the API server does not say that it is gone", async () => {
    cluster.fault = () => ({ status: 403, message: "forbidden" });
    const { handler } = (await import("@plinth/providers/handlers/tenants.ts")) as unknown as { handler: AnyHandler };
    const props = { ...states.tenants, cluster: { context: "kind-staged", namespace: "dev-infra" } };
    await assert.rejects(handler.read("tenants", props), /may not do this/);
    cluster.fault = () => undefined;
  });
});
