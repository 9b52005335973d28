import assert from "node:assert/strict";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { createAvroSchemasHandler } from "@plinth/providers/handlers/avro-schemas.ts";
import { createKafkaTopicsHandler } from "@plinth/providers/handlers/kafka-topics.ts";
import { createMigrationsHandler } from "@plinth/providers/handlers/migrations.ts";
import { createTenantRowsHandler } from "@plinth/providers/handlers/tenants.ts";
import { parseTenantIds, splitIntoBatches } from "@plinth/providers/tenancy/ids.ts";
import { catalog } from "@plinth/schemas/catalog.ts";
import kafkajs from "kafkajs";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { createStandIn } from "../../support/kubernetes/stand-in.ts";
import { type CuttingProxy, startCuttingProxy } from "../../support/servers/cutting-proxy.ts";
import { query } from "../../support/servers/databases.ts";
import { kafka, postgres, registry } from "../../support/servers/servers.ts";

const NAMESPACE = "dev-infra";
const TENANTS = 10_000;

describe("Providers outside a cluster, through port-forwards (PLT-2)", () => {
  let running: Cluster;
  let access: { context: string; namespace: string };
  let proxy: CuttingProxy | undefined;
  let kubeconfig: string | undefined;
  const databaseUrl = `postgresql://app:app@citus-coordinator.${NAMESPACE}.svc.cluster.local:5432/app`;
  const coordinator = { namespace: NAMESPACE, name: "citus-coordinator-0", port: 5432 };

  before(async () => {
    const [plane, database, broker, schemas] = [await cluster(), await postgres(), await kafka(), await registry()];
    running = plane;
    access = { context: plane.context, namespace: NAMESPACE };
    kubeconfig = process.env.KUBECONFIG;
    process.env.KUBECONFIG = plane.kubeconfig;
    const place = { namespace: NAMESPACE };
    await createStandIn(plane, {
      ...place,
      name: "citus-coordinator",
      headless: "citus-coordinator-nodes",
      services: { "citus-coordinator": { 5432: database.port } },
    });
    await createStandIn(plane, {
      ...place,
      name: "redpanda",
      headless: "redpanda-brokers",
      services: { redpanda: { 9092: broker.forwardedPort }, "schema-registry": { 8081: schemas.port } },
    });
  });
  afterEach(async () => {
    await proxy?.stop();
    proxy = undefined;
    await running.forward(coordinator, (await postgres()).port);
  });
  after(() => {
    if (kubeconfig === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = kubeconfig;
  });

  it("create topics at a broker that advertises its name in the cluster (INF-8)", async () => {
    const topics = Object.fromEntries(catalog.map(({ topic, partitions }) => [topic, { partitions }]));
    const brokers = [`redpanda.${NAMESPACE}.svc.cluster.local:9092`];
    const { outs } = await createKafkaTopicsHandler().create({
      brokers,
      cluster: access,
      topics,
      onDelete: "retain",
      providerVersion: 1,
    });
    assert.deepEqual(outs.observed, Object.fromEntries(catalog.map(({ topic, partitions }) => [topic, partitions])));
    const admin = new kafkajs.Kafka({ brokers: [(await kafka()).url], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const existing = await admin.listTopics().finally(() => admin.disconnect());
    for (const { topic } of catalog) assert.ok(existing.includes(topic), topic);
  });

  it("register schemas, and write nothing the second time (INF-7)", async () => {
    let writes = 0;
    const handler = createAvroSchemasHandler({
      watch: (client) => {
        writes = client.writes;
      },
    });
    const schema = JSON.stringify({ type: "record", name: "Forwarded", fields: [{ name: "id", type: "string" }] });
    const inputs = {
      registryUrl: `http://schema-registry.${NAMESPACE}.svc:8081`,
      cluster: access,
      compatibility: "BACKWARD_TRANSITIVE",
      subjects: { "FORWARDED-value": { schema } },
      onDelete: "retain",
      providerVersion: 1,
    } as const;
    const { outs } = await handler.create(inputs);
    assert.ok(writes > 0);
    const direct = await fetch(`${(await registry()).url}/subjects/FORWARDED-value/versions/1`);
    assert.equal(((await direct.json()) as { id: number }).id, outs.registered["FORWARDED-value"]!.id);
    await handler.create(inputs);
    assert.equal(writes, 0);
  });

  it("run a service's migrations after its tenants exist", async () => {
    await seed("10001");
    const directory = "services/wallet/migrations";
    const files = listMigrations(directory);
    const { outs } = await createMigrationsHandler().create({
      databaseUrl,
      cluster: access,
      service: "wallet",
      directory,
      files,
      providerVersion: 1,
    });
    assert.deepEqual(
      outs.applied,
      files.map(({ name }) => name),
    );
    assert.deepEqual(await stored("select to_regclass('wallet.bets') is not null as there"), [{ there: true }]);
  });

  it(`seed ${TENANTS} tenants exactly once, although the port-forward is cut meanwhile (PLT-10)`, async () => {
    let cut = 0;
    proxy = await startCuttingProxy((await postgres()).port, "insert into tenants", 2, () => {
      cut += running.cutConnections();
    });
    await running.forward(coordinator, proxy.port);
    await seed(`20000-${20000 + TENANTS - 1}`);
    assert.equal(proxy.cuts(), 2);
    assert.ok(cut >= 2, `${cut} connections`);
    assert.deepEqual(await seeded(20_000), [{ rows: TENANTS, ids: TENANTS }]);
  });

  it(`seed ${TENANTS} tenants exactly once, although the API server is killed meanwhile (PLT-10)`, async () => {
    let restarted: Promise<void> | undefined;
    proxy = await startCuttingProxy((await postgres()).port, "insert into tenants", 1, () => {
      restarted = running.restartApiServer();
    });
    await running.forward(coordinator, proxy.port);
    await seed(`40000-${40000 + TENANTS - 1}`);
    await restarted;
    assert.equal(proxy.cuts(), 1);
    assert.deepEqual(await seeded(40_000), [{ rows: TENANTS, ids: TENANTS }]);
  });

  it("name a missing Service in one sentence", async () => {
    const elsewhere = databaseUrl.replace("citus-coordinator", "citus-cordinator");
    await assert.rejects(
      createTenantRowsHandler().create({
        databaseUrl: elsewhere,
        cluster: access,
        batch: "0",
        tenants: "1",
        providerVersion: 1,
      }),
      (error: Error) =>
        /citus-cordinator/.test(error.message) && !error.message.includes("\n") && !error.message.includes("app:app"),
    );
  });

  /** Seeds all batches at once, as a stack does. */
  async function seed(ids: string): Promise<void> {
    const batches = Object.entries(splitIntoBatches(parseTenantIds([ids])));
    const handler = createTenantRowsHandler();
    await Promise.all(
      batches.map(([batch, tenants]) =>
        handler.create({ databaseUrl, cluster: access, batch, tenants, providerVersion: 1 }),
      ),
    );
  }

  const stored = async (sql: string) => query((await postgres()).url, sql);
  const seeded = (from: number) =>
    stored(
      `select count(*)::int as rows, count(distinct id)::int as ids from tenants where id between ${from} and ${from + TENANTS - 1}`,
    );
});
