import assert from "node:assert/strict";
import { images } from "../../../components/base/images.ts";
import { leaks, type RecordedProgram, recordProgram, secretFields } from "../../support/program/recorded-program.ts";
import { ofEachService } from "../../support/program/services.ts";

describe("the program of the prod stack (PLT-1)", () => {
  let prod: RecordedProgram;

  before(async () => {
    prod = await recordProgram("prod");
  });

  it("is exactly these resources", () => {
    assert.deepEqual(
      prod.lines,
      [
        "AvroSchemas schemas-subjects ← schemas",
        "BrokerCount redpanda-count ← redpanda",
        "CitusCluster citus",
        "CitusDrain citus-drain ← citus",
        "CitusNodes citus-nodes ← citus",
        "Cluster platform-cluster ← platform",
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
        "PodDisruptionBudget citus-worker-budget ← citus-worker",
        "PodDisruptionBudget redpanda-budget ← redpanda",
        "RandomPassword citus-password",
        "RandomPassword citus-superuser-password",
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

  it("keeps these as secrets, and no generated password anywhere else (PLT-8, SHOP-7)", () => {
    assert.deepEqual(
      secretFields(prod),
      [
        "citus-drain.adminUrl",
        "citus-nodes.adminUrl",
        "citus-nodes.password",
        "citus-superuser.stringData.password",
        "redis-auth.stringData.auth.conf",
        "redis-auth.stringData.password",
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

  it("knows no password of dev's", () => assert.deepEqual(leaks(prod, "app:app@", "postgres:postgres@"), []));

  it("makes every password anew when the configured rotation changes", async () => {
    const keepers = ({ all }: RecordedProgram) =>
      all
        .filter(({ type }) => type.startsWith("random:"))
        .map(({ name, inputs }) => [name, (inputs.keepers as { rotation: string }).rotation]);
    const names = ["citus-password", "citus-superuser-password", "redis-password", "tenants-secret"];
    assert.deepEqual(
      keepers(prod).sort(),
      names.map((name) => [name, "1"]),
    );
    assert.deepEqual(
      keepers(await recordProgram("prod", { "plinth:rotation": "2026-11" })).sort(),
      names.map((name) => [name, "2026-11"]),
    );
  });

  it("protects what holds data, all of it and nothing else (PLT-4)", () => {
    assert.deepEqual(protectedParts(prod), { within: ["citus", "redis", "redpanda"], unprotected: [], others: [] });
  });

  it("lets go of each part by a word of its own (PLT-4)", async () => {
    const released = await recordProgram("prod", { "plinth:destroyable": '["redis"]' });
    assert.deepEqual(protectedParts(released).within, ["citus", "redpanda"]);
  });

  it("keeps each volume when its set goes or shrinks (PLT-4)", () => {
    const sets = prod.all.filter(({ type }) => type.endsWith(":StatefulSet"));
    const claimed = sets.filter(({ inputs }) => "volumeClaimTemplates" in (inputs.spec as object));
    assert.deepEqual(claimed.map(({ name }) => name).sort(), [
      "citus-coordinator-pods",
      "citus-worker-pods",
      "redpanda-pods",
    ]);
    for (const { inputs } of claimed)
      assert.deepEqual((inputs.spec as Record<string, unknown>).persistentVolumeClaimRetentionPolicy, {
        whenDeleted: "Retain",
        whenScaled: "Retain",
      });
  });

  it("runs every image by its digest (PLT-8)", () => {
    const used = [...JSON.stringify(prod.all).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image!);
    assert.ok(used.includes(images.citus) && used.includes(images.redpanda) && used.includes(images.valkey));
    assert.deepEqual(
      used.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image)),
      [],
    );
  });
});

/**
 * Which parts are protected wholly, what of them is not, and what is although it belongs to none.
 */
function protectedParts({ all }: RecordedProgram) {
  const partOf = (name: string): string => {
    const parent = all.find((resource) => resource.name === name)?.parent;
    return parent === undefined || parent === name ? name : partOf(parent);
  };
  const parts = ["citus", "redis", "redpanda"];
  const belongs = all.map((resource) => ({ ...resource, part: partOf(resource.parent ?? resource.name) }));
  return {
    within: parts.filter((part) => belongs.some((resource) => resource.part === part && resource.protect)),
    unprotected: belongs.filter(({ part, protect }) => parts.includes(part) && !protect).map(({ name }) => name),
    others: belongs.filter(({ part, protect }) => !parts.includes(part) && protect).map(({ name }) => name),
  };
}
