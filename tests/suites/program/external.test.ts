import assert from "node:assert/strict";
import { secretValue } from "../../support/program/record.ts";
import { recordProgram } from "../../support/program/recorded-program.ts";
import { servicePods, statefulSets } from "../../support/program/service-pods.ts";
import { ofEachService } from "../../support/program/services.ts";

const json = (value: unknown) => JSON.stringify(value);

describe("a program whose database, brokers and cache are all external", () => {
  it("deploys services alone", async () => {
    const dev = await recordProgram("dev", {
      "plinth:citus": json({ external: { host: "db", tls: "disable" } }),
      "plinth:redpanda": json({ external: { brokers: ["broker:9092"], schemaRegistryUrl: "http://registry:8081" } }),
      "plinth:redis": json({ external: { host: "cache", tls: false } }),
      "plinth:databasePassword": secretValue,
      "plinth:observability": json({ enabled: false }),
    });
    assert.deepEqual(statefulSets(dev), []);
    assert.deepEqual(
      dev.lines.filter((line) => /^(Deployment|Secret|PersistentVolumeClaim)/.test(line)),
      ofEachService("Deployment %-pods ← %", "Secret %-environment ← %").sort(),
    );
    const { uses, externalPorts } = servicePods(dev, "wallet");
    // Where telemetry goes stays open, so that adding the observability stack changes no service.
    assert.deepEqual(uses, ["plinth.dev/uses-alloy", "plinth.dev/uses-loki"]);
    assert.deepEqual(externalPorts.sort(), [5432, 6379, 8081, 9092]);
  });
});
