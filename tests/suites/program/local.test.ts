import assert from "node:assert/strict";
import { topicSpecs } from "@plinth/schemas/catalog.ts";
import * as pulumi from "@pulumi/pulumi";
import { mockEngine, registered, registeredNames, resolveOutput } from "../../support/program/pulumi-mocks.ts";
import { ofEachService } from "../../support/program/services.ts";

await mockEngine({ "plinth:portOffset": "1000", "plinth:tenants": "10001,20000-29999" });
const program = await import("../../../index.ts");

const { isRpcSecret: isSecret, unwrapRpcSecret: unwrap } = pulumi.runtime;
const inputsOf = (name: string) => registered.find((resource) => resource.name === name)!.inputs;

describe("the program of the local stack (PLT-9)", () => {
  before(() => resolveOutput(program.environment));

  it("tells its supervisor which process has which port", () => {
    const processes = registered.filter(({ type }) => type.endsWith(":Process")).map(({ inputs }) => inputs);
    const { ports, portOffset } = inputsOf("supervisor") as { ports: object; portOffset: number };
    assert.equal(portOffset, 1000);
    assert.deepEqual(ports, Object.fromEntries(processes.map((each) => [each.process, each.ports])));
  });

  it("registers exactly these resources", () => {
    assert.deepEqual(
      registeredNames().filter((name) => !name.startsWith("TenantRows ")),
      [
        "AvroSchemas schemas-subjects",
        "KafkaTopics schemas-topics",
        "Process citus-postgres",
        "Process observability-observability",
        "Process observability-victoria-logs",
        "Process observability-victoria-metrics",
        "Process observability-vmalert",
        "Process redis-server",
        "Process redpanda-broker",
        "Process redpanda-schema-registry",
        "Supervisor supervisor",
        "component CitusCluster citus",
        "component ObservabilityStack observability",
        "component PlatformSchemas schemas",
        "component RedisCache redis",
        "component RedpandaCluster redpanda",
        "component Tenants tenants",
        ...ofEachService("Migrations %-migrations", "Process %-service", "component MicroserviceApp %"),
      ].sort(),
    );
  });

  it("registers at most eight resources for 10,001 tenants", () => {
    const batches = registeredNames().filter((name) => name.startsWith("TenantRows "));
    assert.ok(batches.length >= 1 && batches.length <= 8, `${batches.length} batches`);
  });

  it("moves every port by the offset", async () => {
    assert.deepEqual(await resolveOutput(program.endpoints.redis), "redis://localhost:7379");
    const ports = registered
      .filter(({ type }) => type.endsWith(":Process"))
      .flatMap(({ inputs }) => Object.values(inputs.ports as Record<string, number>));
    assert.deepEqual(
      ports.sort((a, b) => a - b),
      [4100, 5318, 6432, 7379, 8700, 9080, 9081, 9082, 9880, 10_090, 10_428, 20_092, 20_093],
    );
  });

  it("passes a service the environment contract, with the password among its secrets alone (INF-10)", () => {
    const { environment, secrets } = inputsOf("wallet-service") as {
      environment: Record<string, string>;
      secrets: unknown;
    };
    assert.ok(isSecret(secrets));
    assert.deepEqual(unwrap(secrets), { DATABASE_URL: "postgresql://app:app@localhost:6432/app" });
    assert.deepEqual(
      { ...environment },
      {
        ALLOWED_HOSTS: "localhost",
        ENVIRONMENT: "local",
        HOST: "127.0.0.1",
        K8S_NAMESPACE: "local",
        KAFKA_BROKERS: "localhost:20092",
        LOKI_URL: "http://localhost:4100",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:5318",
        PORT: "9082",
        REDIS_URL: "redis://localhost:7379",
        SCHEMA_REGISTRY_URL: "http://localhost:9081",
        SERVICE_NAME: "wallet",
        SHARE_PORT: "1",
        ...Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith("TOPIC_"))),
      },
    );
    assert.equal(environment.TOPIC_V1_BETS, "V1_BETS");
  });

  it("requests the catalogue's topics and their subjects, BACKWARD_TRANSITIVE (INF-7, INF-8)", () => {
    const topics = Object.keys(inputsOf("schemas-topics").topics as object);
    assert.deepEqual(
      topics.sort(),
      topicSpecs()
        .map(({ topic }) => topic)
        .sort(),
    );
    const { compatibility, subjects } = inputsOf("schemas-subjects") as { compatibility: string; subjects: object };
    assert.equal(compatibility, "BACKWARD_TRANSITIVE");
    const all = ["V1_BETS", "V1_PAYMENTS", "V1_BALANCES", "V1_COMPLIANCE", "V1_SYSTEM", "user-events"];
    assert.deepEqual(Object.keys(subjects).sort(), all.map((topic) => `${topic}-value`).sort());
  });

  it("passes the password to providers as a secret alone, so that state and plans hide it", () => {
    const holders = registered.flatMap(({ name, inputs }) =>
      Object.entries(inputs)
        .filter(([, value]) => /app:app@|password 'app'/.test(JSON.stringify(value)))
        .map(([field, value]) => ({
          where: `${name.replace(/^tenants-\d$/, "tenants")}.${field}`,
          secret: isSecret(value),
        })),
    );
    assert.deepEqual(
      [...new Set(holders.map(({ where }) => where))].sort(),
      [
        "citus-postgres.init",
        "observability-observability.secrets",
        "tenants.databaseUrl",
        ...ofEachService("%-migrations.databaseUrl", "%-service.secrets"),
      ].sort(),
    );
    assert.ok(holders.every(({ secret }) => secret));
  });
});
