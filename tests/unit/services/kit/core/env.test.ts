import assert from "node:assert/strict";
import { readWalletEnv } from "@plinth/wallet/env.ts";

const good = {
  DATABASE_URL: "postgresql://app:app@localhost:5432/app",
  REDIS_URL: "redis://localhost:6379",
  KAFKA_BROKERS: "localhost:19092, other:9092",
  SCHEMA_REGISTRY_URL: "http://localhost:8081",
};

describe("the environment of a service", () => {
  it("reads the contract's variables, with defaults for missing ones (INF-10)", () => {
    const env = readWalletEnv({ ...good, PORT: "9000", TOPIC_V1_BETS: "bets-of-a-test" });
    assert.deepEqual(env.KAFKA_BROKERS, ["localhost:19092", "other:9092"]);
    assert.deepEqual([env.PORT, env.HOST, env.LOG_LEVEL, env.SERVICE_NAME], [9000, "127.0.0.1", "info", "wallet"]);
    assert.deepEqual(
      [env.TOPIC_V1_BETS, env.TOPIC_V1_PAYMENTS, env.TOPIC_V1_PAYMENTS_DLQ],
      ["bets-of-a-test", "V1_PAYMENTS", "V1_PAYMENTS_DLQ"],
    );
  });

  it("names every fault in one message and repeats no value", () => {
    const source = {
      DATABASE_URL: "mysql://root:hunter2@db/x",
      KAFKA_BROKERS: "nowhere",
      SCHEMA_REGISTRY_URL: "",
      PORT: "70000",
      LOG_LEVEL: "loud",
    };
    assert.throws(
      () => readWalletEnv(source),
      (error: Error) => {
        assert.deepEqual(error.message.split("\n"), [
          "The environment is not complete:",
          "  DATABASE_URL must be a URL that begins with postgresql:// or postgres://",
          "  REDIS_URL is missing",
          "  KAFKA_BROKERS must be host:port, separated by commas",
          "  SCHEMA_REGISTRY_URL is missing",
          "  LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent",
          "  PORT must be a whole number from 0 to 65535",
        ]);
        assert.ok(!error.message.includes("hunter2"));
        return true;
      },
    );
  });

  it("judges a number by its text, not by what it rounds to", () => {
    for (const [name, value] of [
      ["OTEL_TRACES_SAMPLER_ARG", "1.00000000000000001"],
      ["RATE_LIMIT_PER_MINUTE", "9007199254740993"],
    ])
      assert.throws(() => readWalletEnv({ ...good, [name!]: value }), new RegExp(`${name} must be`));
  });
});
