import assert from "node:assert/strict";
import { secretValue } from "../../../../cli/program/record.ts";
import { externalBrokerEndpoints } from "../../../../components/redpanda/external.ts";
import { leaks, type RecordedProgram, recordProgram, secretFields } from "../../../support/program/recorded-program.ts";
import { ofEachService } from "../../../support/program/services.ts";

const json = (value: unknown) => JSON.stringify(value);

/**
 * Of the pods of a service: variables in the clear, names of those in its Secret, and ports that
 * they may reach anywhere.
 */
function wallet(of: RecordedProgram) {
  const deployment = of.only("Deployment", "wallet-pods").inputs as unknown as Deployment;
  const policy = of.only("NetworkPolicy", "wallet-egress").inputs as unknown as Policy;
  const prefix = "wallet-environment.stringData.";
  return {
    plain: Object.fromEntries(deployment.spec.template.spec.containers[0]!.env.map(({ name, value }) => [name, value])),
    secret: secretFields(of).flatMap((field) => (field.startsWith(prefix) ? [field.slice(prefix.length)] : [])),
    uses: Object.keys(deployment.spec.template.metadata.labels).filter((label) => label.startsWith("plinth.dev/uses-")),
    outside: policy.spec.egress
      .filter(({ to }) => to === undefined)
      .flatMap(({ ports }) => ports.map(({ port }) => port)),
  };
}

const setsOf = (of: RecordedProgram) =>
  of.lines.filter((line) => line.startsWith("StatefulSet")).map((line) => line.split(" ")[1]);

describe("stores that somebody else runs (bring your own)", () => {
  it("a database: nothing of ours, a secret address with TLS, everything else as before", async () => {
    const external = { host: "db.example.com", port: 5433, user: "plinth" };
    const prod = await recordProgram("prod", {
      "plinth:citus": json({ external }),
      "plinth:databasePassword": secretValue,
    });
    assert.deepEqual(setsOf(prod), ["redis-pods", "redpanda-pods"]);
    assert.deepEqual(
      prod.lines.filter((line) => /citus/i.test(line)),
      ["CitusCluster citus"],
    );
    assert.deepEqual(wallet(prod).outside, [5433]);
    assert.deepEqual(wallet(prod).secret, ["DATABASE_URL", "REDIS_URL"]);
    assert.deepEqual(wallet(prod).uses, ["plinth.dev/uses-redis", "plinth.dev/uses-redpanda"]);
    assert.match(
      json(prod.only("Migrations", "wallet-migrations").inputs.databaseUrl),
      /plinth:%5Bsecret%5D@db\.example\.com:5433\/app\?sslmode=verify-full"/,
    );
    assert.match(json(prod.only("TenantRows", "tenants-1").inputs.databaseUrl), /@db\.example\.com:5433\/app/);
    assert.deepEqual(leaks(prod, "[secret]", "[generated]"), []);
  });

  it("brokers and a registry: topics, schemas and services go there", async () => {
    const external = {
      brokers: ["a.example.com:9094", "b.example.com:9094", "c.example.com:9094"],
      schemaRegistryUrl: "https://registry.example.com",
    };
    const prod = await recordProgram("prod", { "plinth:redpanda": json({ external }), "plinth:keda": "true" });
    assert.deepEqual(setsOf(prod), ["citus-coordinator-pods", "citus-worker-pods", "redis-pods"]);
    assert.deepEqual(
      prod.lines.filter((line) => /redpanda/i.test(line)),
      ["RedpandaCluster redpanda"],
    );
    assert.deepEqual(wallet(prod).outside, [9094, 443]);
    assert.equal(wallet(prod).plain.KAFKA_BROKERS, external.brokers.join(","));
    assert.equal(wallet(prod).plain.SCHEMA_REGISTRY_URL, "https://registry.example.com");
    const { brokers, topics } = prod.only("KafkaTopics", "schemas-topics").inputs as {
      brokers: string[];
      topics: Record<string, object>;
    };
    assert.deepEqual(brokers, external.brokers);
    assert.deepEqual(
      new Set(Object.values(topics).map((topic) => (topic as { replicationFactor?: number }).replicationFactor)),
      new Set([3]),
    );
    assert.equal(prod.only("AvroSchemas", "schemas-subjects").inputs.registryUrl, "https://registry.example.com");
    assert.match(
      json(prod.only("ScaledObject", "wallet-autoscaler").inputs),
      /"bootstrapServers":"a\.example\.com:9094,/,
    );
  });

  it("a cache: with TLS and the configured password", async () => {
    const prod = await recordProgram("prod", {
      "plinth:redis": json({ external: { host: "cache.example.com" } }),
      "plinth:cachePassword": secretValue,
    });
    assert.deepEqual(setsOf(prod), ["citus-coordinator-pods", "citus-worker-pods", "redpanda-pods"]);
    assert.deepEqual(
      prod.lines.filter((line) => /redis/i.test(line)),
      ["RedisCache redis"],
    );
    assert.deepEqual(wallet(prod).outside, [6379]);
    assert.match(
      json(prod.only("Secret", "wallet-environment").inputs),
      /"REDIS_URL":"rediss:\/\/:%5Bsecret%5D@cache\.example\.com:6379"/,
    );
    assert.deepEqual(leaks(prod, "[secret]"), []);
  });

  it("a cache: without TLS and password where it says so", async () => {
    const dev = await recordProgram("dev", {
      "plinth:redis": json({ external: { host: "cache", port: 6380, tls: false } }),
    });
    assert.equal(wallet(dev).plain.REDIS_URL, "redis://cache:6380");
    assert.deepEqual(wallet(dev).secret, ["DATABASE_URL"]);
  });

  it("a registry with a password: its address is a secret", () => {
    const brokers = ["broker:9092"];
    assert.equal(
      externalBrokerEndpoints({ brokers, schemaRegistryUrl: "https://me:s3cret@registry" }).registry.secret,
      true,
    );
    assert.equal(externalBrokerEndpoints({ brokers, schemaRegistryUrl: "https://registry" }).registry.secret, false);
  });

  it("a cache of ours with a configured password: quoted for the server, encoded in its address", async () => {
    const dev = await recordProgram("dev", { "plinth:cachePassword": secretValue });
    assert.match(json(dev.only("Secret", "redis-auth").inputs), /requirepass \\"\[secret\]\\"\\n"/);
    assert.match(json(dev.only("Secret", "wallet-environment").inputs), /redis:\/\/:%5Bsecret%5D@redis\.dev-infra/);
    assert.deepEqual(leaks(dev, "[secret]"), []);
  });

  it("all of them at once leave nothing but services", async () => {
    const dev = await recordProgram("dev", {
      "plinth:citus": json({ external: { host: "db", tls: "disable" } }),
      "plinth:redpanda": json({ external: { brokers: ["broker:9092"], schemaRegistryUrl: "http://registry:8081" } }),
      "plinth:redis": json({ external: { host: "cache", tls: false } }),
      "plinth:databasePassword": secretValue,
    });
    assert.deepEqual(setsOf(dev), []);
    assert.deepEqual(
      dev.lines.filter((line) => /^(Deployment|Secret|PersistentVolumeClaim)/.test(line)),
      ofEachService("Deployment %-pods ← %", "Secret %-environment ← %").sort(),
    );
    assert.deepEqual(wallet(dev).uses, []);
    assert.deepEqual(wallet(dev).outside.sort(), [5432, 6379, 8081, 9092]);
  });
});

interface Deployment {
  spec: {
    template: { metadata: { labels: object }; spec: { containers: { env: { name: string; value: string }[] }[] } };
  };
}

interface Policy {
  spec: { egress: { to?: unknown; ports: { port: number }[] }[] };
}
