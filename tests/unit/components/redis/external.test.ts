import assert from "node:assert/strict";
import { secretValue } from "../../../support/program/record.ts";
import { leaks, recordProgram } from "../../../support/program/recorded-program.ts";
import { servicePods, statefulSets } from "../../../support/program/service-pods.ts";

const json = (value: unknown) => JSON.stringify(value);

describe("an external cache", () => {
  it("is reached by TLS and the configured password", async () => {
    const prod = await recordProgram("prod", {
      "plinth:redis": json({ external: { host: "cache.example.com" } }),
      "plinth:cachePassword": secretValue,
    });
    assert.deepEqual(statefulSets(prod), ["citus-coordinator-pods", "citus-worker-pods", "redpanda-pods"]);
    assert.deepEqual(
      prod.lines.filter((line) => /redis/i.test(line)),
      ["RedisCache redis"],
    );
    assert.deepEqual(servicePods(prod, "wallet").externalPorts, [6379]);
    assert.match(
      json(prod.only("Secret", "wallet-environment").inputs),
      /"REDIS_URL":"rediss:\/\/:%5Bsecret%5D@cache\.example\.com:6379"/,
    );
    assert.deepEqual(leaks(prod, "[secret]"), []);
  });

  it("is reached without TLS and password when so configured", async () => {
    const dev = await recordProgram("dev", {
      "plinth:redis": json({ external: { host: "cache", port: 6380, tls: false } }),
    });
    const { plain, secret } = servicePods(dev, "wallet");
    assert.equal(plain.REDIS_URL, "redis://cache:6380");
    assert.deepEqual(secret, ["DATABASE_URL"]);
  });
});
