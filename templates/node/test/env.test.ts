import assert from "node:assert/strict";
import { test } from "node:test";
import { readEnv } from "../src/env.ts";

const complete = { KAFKA_BROKERS: "a:9092,b:9092", SCHEMA_REGISTRY_URL: "http://registry:8081/" };

test("what is there is read, the rest has defaults", () => {
  const env = readEnv({ ...complete, PORT: "7000" });
  assert.deepEqual(env.brokers, ["a:9092", "b:9092"]);
  assert.equal(env.registryUrl, "http://registry:8081");
  assert.equal(env.port, 7000);
  assert.deepEqual([env.topic, env.deadLetterTopic], ["V1_SYSTEM", "V1_SYSTEM_DLQ"]);
});

test("every fault is in one message, and no value", () => {
  assert.throws(() => readEnv({ PORT: "http", KAFKA_BROKERS: "secret" }), {
    message:
      "The environment is not complete:\n  PORT must be a port from 0 to 65535\n" +
      "  KAFKA_BROKERS must be host:port, several parted by commas\n  SCHEMA_REGISTRY_URL is missing",
  });
});
