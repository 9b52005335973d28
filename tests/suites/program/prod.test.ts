import assert from "node:assert/strict";
import { images } from "../../../components/base/images.ts";
import { observabilityLines } from "../../support/program/observability.ts";
import { leaks, type RecordedProgram, recordProgram, secretFields } from "../../support/program/recorded-program.ts";
import { ofEachService } from "../../support/program/services.ts";

describe("the program of the prod stack (PLT-1)", () => {
  let prod: RecordedProgram;

  before(async () => {
    prod = await recordProgram("prod");
  });

  it("registers exactly these resources", () => {
    assert.deepEqual(
      prod.lines,
      [
        "AvroSchemas schemas-subjects ← schemas",
        "BrokerCount redpanda-count ← redpanda",
        "CitusCluster citus",
        "CitusDrain citus-drain ← citus",
        "CitusNodes citus-nodes ← citus",
        "Cluster platform-cluster ← platform",
        "ConfigMap citus-exporter ← citus",
        "Gateway gateway-listeners ← gateway",
        "HTTPRoute gateway-redirect ← gateway",
        "KafkaTopics schemas-topics ← schemas",
        "Namespace platform-namespace ← platform",
        "NetworkPolicy citus-coordinator-ingress ← citus-coordinator",
        "NetworkPolicy citus-peers ← citus",
        "NetworkPolicy citus-worker-ingress ← citus-worker",
        "NetworkPolicy platform-default-deny ← platform",
        "NetworkPolicy redis-ingress ← redis",
        "NetworkPolicy redpanda-ingress ← redpanda",
        "NetworkPolicy redpanda-peers ← redpanda",
        "PlatformGateway gateway",
        "PlatformNamespace platform",
        "PlatformSchemas schemas",
        ...["alertmanager", "loki", "prometheus"].map(
          (name) => `PodDisruptionBudget ${name}-server-budget ← ${name}-server`,
        ),
        "PodDisruptionBudget citus-worker-budget ← citus-worker",
        "PodDisruptionBudget redpanda-budget ← redpanda",
        "RandomPassword citus-password",
        "RandomPassword citus-superuser-password",
        "RandomPassword grafana-password",
        "RandomPassword grafana-signing-key",
        "RandomPassword redis-password",
        "RandomPassword tenants-secret",
        "RedisCache redis",
        "RedpandaCluster redpanda",
        "Secret citus-superuser ← citus",
        "Secret redis-auth ← redis",
        "Service citus-coordinator-service ← citus-coordinator",
        "Service citus-worker-service ← citus-worker",
        "Service redis-service ← redis",
        "Service redpanda-brokers-service ← redpanda",
        "Service redpanda-service ← redpanda",
        "Service schema-registry-service ← redpanda",
        "StatefulSet citus-coordinator-pods ← citus-coordinator",
        "StatefulSet citus-worker-pods ← citus-worker",
        "StatefulSet redis-pods ← redis",
        "StatefulSet redpanda-pods ← redpanda",
        "StatefulWorkload citus-coordinator ← citus",
        "StatefulWorkload citus-worker ← citus",
        "StatefulWorkload redis ← redis",
        "StatefulWorkload redpanda ← redpanda",
        "Tenants tenants",
        "TenantRows tenants-1 ← tenants",
        "kubernetes platform-provider ← platform",
        ...observabilityLines({ objectStorage: true }),
        ...ofEachService(
          "BackendTrafficPolicy %-rate-limit ← %",
          "Deployment %-pods ← %",
          "HTTPRoute %-route ← %",
          "HorizontalPodAutoscaler %-autoscaler ← %",
          "MicroserviceApp %",
          "Migrations %-migrations ← %",
          "NetworkPolicy %-egress ← %",
          "NetworkPolicy %-ingress ← %",
          "PodDisruptionBudget %-budget ← %",
          "Secret %-environment ← %",
          "Service %-service ← %",
          "ServiceAccount %-account ← %",
          "ServiceDeployment % ← %",
        ),
      ].sort(),
    );
  });

  it("keeps exactly these inputs secret, and no generated password elsewhere (PLT-8, SHOP-7)", () => {
    assert.deepEqual(
      secretFields(prod),
      [
        "citus-drain.adminUrl",
        "citus-nodes.adminUrl",
        "citus-nodes.password",
        "citus-superuser.stringData.password",
        "redis-auth.stringData.auth.conf",
        "redis-auth.stringData.password",
        "grafana-secrets.stringData.password",
        "grafana-secrets.stringData.signing-key",
        "tenants-1.databaseUrl",
        ...ofEachService(
          "%-environment.stringData.DATABASE_URL",
          "%-environment.stringData.REDIS_URL",
          "%-migrations.databaseUrl",
        ),
      ].sort(),
    );
    assert.deepEqual(leaks(prod, "[generated]"), []);
  });

  it("contains no password of dev", () => assert.deepEqual(leaks(prod, "app:app@", "postgres:postgres@"), []));

  it("generates new passwords when the configured rotation changes", async () => {
    const keepers = ({ all }: RecordedProgram) =>
      all
        .filter(({ type }) => type.startsWith("random:"))
        .map(({ name, inputs }) => [name, (inputs.keepers as { rotation: string }).rotation]);
    const names = [
      "citus-password",
      "citus-superuser-password",
      "grafana-password",
      "grafana-signing-key",
      "redis-password",
      "tenants-secret",
    ];
    assert.deepEqual(
      keepers(prod).sort(),
      names.map((name) => [name, "1"]),
    );
    assert.deepEqual(
      keepers(await recordProgram("prod", { "plinth:rotation": "2026-11" })).sort(),
      names.map((name) => [name, "2026-11"]),
    );
  });

  it("protects all components that hold data, and nothing else (PLT-4)", () => {
    assert.deepEqual(protectedParts(prod), { within: ["citus", "redis", "redpanda"], unprotected: [], others: [] });
  });

  it("protects a component no more when `destroyable` names it (PLT-4)", async () => {
    const released = await recordProgram("prod", { "plinth:destroyable": '["redis"]' });
    assert.deepEqual(protectedParts(released).within, ["citus", "redpanda"]);
  });

  it("keeps volumes when their set is deleted or scaled down (PLT-4)", () => {
    const sets = prod.all.filter(({ type }) => type.endsWith(":StatefulSet"));
    const claimed = sets.filter(({ inputs }) => "volumeClaimTemplates" in (inputs.spec as object));
    assert.deepEqual(claimed.map(({ name }) => name).sort(), [
      "alertmanager-server-pods",
      "citus-coordinator-pods",
      "citus-worker-pods",
      "grafana-server-pods",
      "loki-server-pods",
      "prometheus-server-pods",
      "redpanda-pods",
      "tempo-server-pods",
    ]);
    for (const { inputs } of claimed)
      assert.deepEqual((inputs.spec as Record<string, unknown>).persistentVolumeClaimRetentionPolicy, {
        whenDeleted: "Retain",
        whenScaled: "Retain",
      });
  });

  it("runs every image by its digest (PLT-8)", () => {
    const running = [...JSON.stringify(prod.all).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image!);
    assert.ok(running.includes(images.citus) && running.includes(images.redpanda) && running.includes(images.valkey));
    assert.deepEqual(
      running.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image)),
      [],
    );
  });
});

/** The protected components, their unprotected resources, and protected resources of others. */
function protectedParts({ all }: RecordedProgram) {
  const topLevel = (name: string): string => {
    const parent = all.find((resource) => resource.name === name)?.parent;
    return parent === undefined || parent === name ? name : topLevel(parent);
  };
  const stores = ["citus", "redis", "redpanda"];
  const owned = all.map((resource) => ({ ...resource, owner: topLevel(resource.parent ?? resource.name) }));
  return {
    within: stores.filter((store) => owned.some(({ owner, protect }) => owner === store && protect)),
    unprotected: owned.filter(({ owner, protect }) => stores.includes(owner) && !protect).map(({ name }) => name),
    others: owned.filter(({ owner, protect }) => !stores.includes(owner) && protect).map(({ name }) => name),
  };
}
