import assert from "node:assert/strict";
import { observabilityLines } from "../../support/program/observability.ts";
import { leaks, type RecordedProgram, recordProgram, secretFields } from "../../support/program/recorded-program.ts";
import { ofEachService, services } from "../../support/program/services.ts";

describe("the program of the dev stack (PLT-1)", () => {
  let dev: RecordedProgram;
  const waitsFor = (type: string, name: string) => dev.only(type, name).dependencies;

  before(async () => {
    dev = await recordProgram("dev");
  });

  it("registers exactly these resources", () => {
    assert.deepEqual(
      dev.lines,
      [
        "AvroSchemas schemas-subjects ← schemas",
        "BrokerCount redpanda-count ← redpanda",
        "CitusCluster citus",
        "CitusDrain citus-drain ← citus",
        "CitusNodes citus-nodes ← citus",
        "Cluster platform-cluster ← platform",
        "ConfigMap citus-exporter ← citus",
        "Deployment redpanda-console-pods ← redpanda-console",
        "KafkaTopics schemas-topics ← schemas",
        "Namespace platform-namespace ← platform",
        "NetworkPolicy citus-coordinator-ingress ← citus-coordinator",
        "NetworkPolicy citus-peers ← citus",
        "NetworkPolicy citus-worker-ingress ← citus-worker",
        "NetworkPolicy platform-default-deny ← platform",
        "NetworkPolicy redis-ingress ← redis",
        "NetworkPolicy redpanda-console-egress ← redpanda-console",
        "NetworkPolicy redpanda-ingress ← redpanda",
        "NetworkPolicy redpanda-peers ← redpanda",
        "PlatformNamespace platform",
        "PlatformSchemas schemas",
        "RedisCache redis",
        "RedpandaCluster redpanda",
        "RedpandaConsole redpanda-console ← redpanda",
        "Secret citus-superuser ← citus",
        "Service citus-coordinator-service ← citus-coordinator",
        "Service citus-worker-service ← citus-worker",
        "Service redis-service ← redis",
        "Service redpanda-brokers-service ← redpanda",
        "Service redpanda-console-service ← redpanda-console",
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
        ...observabilityLines({ objectStorage: false }),
        ...ofEachService(
          "Command %-image-build ← %-image",
          "Deployment %-pods ← %",
          "MicroserviceApp %",
          "Migrations %-migrations ← %",
          "NetworkPolicy %-egress ← %",
          "NetworkPolicy %-ingress ← %",
          "Secret %-environment ← %",
          "Service %-service ← %",
          "ServiceAccount %-account ← %",
          "ServiceDeployment % ← %",
          "ServiceImage %-image ← %",
        ),
      ].sort(),
    );
  });

  it("drains workers before it removes their pods, and joins nodes when all of them run (INF-2)", () => {
    assert.ok(waitsFor("StatefulSet", "citus-worker-pods").includes("citus-drain"));
    assert.ok(!waitsFor("StatefulSet", "citus-coordinator-pods").includes("citus-drain"));
    for (const pods of ["citus-coordinator-pods", "citus-worker-pods"])
      assert.ok(waitsFor("CitusNodes", "citus-nodes").includes(pods), pods);
  });

  it("counts the brokers before it changes their pods, and registers topics and schemas when they are ready (INF-7, INF-8)", () => {
    assert.ok(waitsFor("StatefulSet", "redpanda-pods").includes("redpanda-count"));
    assert.ok(waitsFor("KafkaTopics", "schemas-topics").includes("redpanda-pods"));
    assert.ok(waitsFor("AvroSchemas", "schemas-subjects").includes("redpanda-pods"));
  });

  it("inserts tenants when the cluster is formed, then migrates, then starts the service (INF-3, SDG-1)", () => {
    assert.ok(waitsFor("TenantRows", "tenants-1").includes("citus-nodes"));
    for (const first of ["tenants-1", "schemas-topics", "schemas-subjects", "citus-nodes"])
      assert.ok(waitsFor("Migrations", "wallet-migrations").includes(first), first);
    for (const first of ["wallet-migrations", "wallet-image-build", "wallet-account", "redis-pods", "redpanda-pods"])
      assert.ok(waitsFor("Deployment", "wallet-pods").includes(first), first);
  });

  it("waits for the namespace, and for the access to the cluster", () => {
    const namespaced = dev.all.filter(({ type }) => type.startsWith("kubernetes:") && !type.endsWith(":Namespace"));
    assert.deepEqual(
      namespaced.filter(
        ({ dependencies }) =>
          !dependencies.includes("platform-namespace") && !dependencies.includes("observability-nodes-namespace"),
      ),
      [],
    );
    const providers = dev.all.filter(({ inputs }) => "cluster" in inputs);
    assert.equal(providers.length, 5 + services.length);
    for (const { name, inputs, dependencies } of providers) {
      assert.deepEqual(inputs.cluster, { context: "recorded", namespace: "dev-infra" });
      assert.ok(dependencies.includes("platform-cluster"), name);
    }
  });

  it("keeps exactly these inputs secret, and no password elsewhere (PLT-8)", () => {
    assert.deepEqual(
      secretFields(dev),
      [
        "citus-drain.adminUrl",
        "citus-nodes.adminUrl",
        "citus-nodes.password",
        "citus-superuser.stringData.password",
        "grafana-secrets.stringData.password",
        "grafana-secrets.stringData.signing-key",
        "tenants-1.databaseUrl",
        ...ofEachService("%-environment.stringData.DATABASE_URL", "%-migrations.databaseUrl"),
      ].sort(),
    );
    assert.deepEqual(leaks(dev, "app:app@", "postgres:postgres@"), []);
  });

  it("protects nothing, so that a person may destroy it", () =>
    assert.deepEqual(
      dev.all.filter(({ protect }) => protect),
      [],
    ));

  it("passes a service the environment contract (INF-10)", () => {
    const { spec } = dev.only("Deployment", "wallet-pods").inputs as unknown as Deployment;
    const [container] = spec.template.spec.containers;
    const environment = Object.fromEntries(container!.env.map(({ name, value }) => [name, value]));
    assert.deepEqual(Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("TOPIC_"))), {
      ENVIRONMENT: "dev",
      HOST: "0.0.0.0",
      K8S_NAMESPACE: "dev-infra",
      KAFKA_BROKERS: "redpanda.dev-infra.svc.cluster.local:9092",
      LOKI_URL: "http://loki.dev-infra.svc.cluster.local:3100",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://alloy.dev-infra-nodes.svc.cluster.local:4318",
      PORT: "8082",
      REDIS_URL: "redis://redis.dev-infra.svc.cluster.local:6379",
      SCHEMA_REGISTRY_URL: "http://schema-registry.dev-infra.svc.cluster.local:8081",
      SERVICE_NAME: "wallet",
      VERSION: container!.image.split(":")[1],
    });
    assert.equal(environment.TOPIC_V1_BETS, "V1_BETS");
    assert.deepEqual(container!.envFrom, [{ secretRef: { name: "wallet-environment" } }]);
  });
});

interface Deployment {
  spec: {
    template: { spec: { containers: { image: string; env: { name: string; value: string }[]; envFrom: unknown[] }[] } };
  };
}
