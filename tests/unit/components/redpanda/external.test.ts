import assert from "node:assert/strict";
import { externalBrokerEndpoints } from "../../../../components/redpanda/external.ts";
import { recordProgram } from "../../../support/program/recorded-program.ts";
import { servicePods, statefulSets } from "../../../support/program/service-pods.ts";

const json = (value: unknown) => JSON.stringify(value);

describe("external brokers and their registry", () => {
  it("receive the topics, the schemas and the services' connections", async () => {
    const external = {
      brokers: ["a.example.com:9094", "b.example.com:9094", "c.example.com:9094"],
      schemaRegistryUrl: "https://registry.example.com",
    };
    const prod = await recordProgram("prod", { "plinth:redpanda": json({ external }), "plinth:keda": "true" });
    assert.deepEqual(statefulSets(prod), ["citus-coordinator-pods", "citus-worker-pods", "redis-pods"]);
    assert.deepEqual(
      prod.lines.filter((line) => /redpanda/i.test(line)),
      ["RedpandaCluster redpanda"],
    );
    const { externalPorts, plain } = servicePods(prod, "wallet");
    assert.deepEqual(externalPorts, [9094, 443]);
    assert.equal(plain.KAFKA_BROKERS, external.brokers.join(","));
    assert.equal(plain.SCHEMA_REGISTRY_URL, "https://registry.example.com");
    const { brokers, topics } = prod.only("KafkaTopics", "schemas-topics").inputs as {
      brokers: string[];
      topics: Record<string, { replicationFactor?: number }>;
    };
    assert.deepEqual(brokers, external.brokers);
    assert.deepEqual(new Set(Object.values(topics).map(({ replicationFactor }) => replicationFactor)), new Set([3]));
    assert.equal(prod.only("AvroSchemas", "schemas-subjects").inputs.registryUrl, "https://registry.example.com");
    assert.match(
      json(prod.only("ScaledObject", "wallet-autoscaler").inputs),
      /"bootstrapServers":"a\.example\.com:9094,/,
    );
  });

  it("have a secret registry address only when it holds a password", () => {
    const secret = (schemaRegistryUrl: string) =>
      externalBrokerEndpoints({ brokers: ["broker:9092"], schemaRegistryUrl }).registry.secret;
    assert.equal(secret("https://me:s3cret@registry"), true);
    assert.equal(secret("https://registry"), false);
  });
});
