import assert from "node:assert/strict";
import { secretValue } from "../../../support/program/record.ts";
import { leaks, recordProgram } from "../../../support/program/recorded-program.ts";
import { servicePods, statefulSets } from "../../../support/program/service-pods.ts";

const json = (value: unknown) => JSON.stringify(value);

describe("an external database", () => {
  it("replaces the cluster by a secret address with TLS, and changes nothing else", async () => {
    const external = { host: "db.example.com", port: 5433, user: "plinth" };
    const prod = await recordProgram("prod", {
      "plinth:citus": json({ external }),
      "plinth:databasePassword": secretValue,
    });
    assert.deepEqual(statefulSets(prod), ["redis-pods", "redpanda-pods"]);
    assert.deepEqual(
      prod.lines.filter((line) => /citus/i.test(line) && !line.startsWith("ConfigMap observability-dashboard")),
      ["CitusCluster citus"],
    );
    const { externalPorts, secret, uses } = servicePods(prod, "wallet");
    assert.deepEqual(externalPorts, [5433]);
    assert.deepEqual(secret, ["DATABASE_URL", "REDIS_URL"]);
    assert.deepEqual(
      uses,
      ["alloy", "loki", "redis", "redpanda"].map((name) => `plinth.dev/uses-${name}`),
    );
    assert.match(
      json(prod.only("Migrations", "wallet-migrations").inputs.databaseUrl),
      /plinth:%5Bsecret%5D@db\.example\.com:5433\/app\?sslmode=verify-full"/,
    );
    assert.match(json(prod.only("TenantRows", "tenants-1").inputs.databaseUrl), /@db\.example\.com:5433\/app/);
    assert.deepEqual(leaks(prod, "[secret]", "[generated]"), []);
  });
});
