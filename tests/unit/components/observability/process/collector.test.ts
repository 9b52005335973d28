import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import type { ObservabilitySettings } from "@plinth/local/observability/settings.ts";
import type { ProcessRuntime } from "../../../../../components/base/runtime.ts";
import { collectorProcess } from "../../../../../components/observability/process/collector.ts";
import { observabilityPorts } from "../../../../../components/observability/settings.ts";
import { discoverServices } from "../../../../../components/service/descriptor.ts";

const runtime: ProcessRuntime = { kind: "process", stack: "mine", directory: "/data", portOffset: 1000 };

function settingsOf(profile: "light" | "full"): ObservabilitySettings {
  const { files } = collectorProcess({
    runtime,
    ports: observabilityPorts(runtime),
    profile,
    retention: { days: 7, bytes: "1GB" },
    services: discoverServices(root),
  });
  return JSON.parse(files["/data/observability/settings.json"]!) as ObservabilitySettings;
}

describe("the settings of the collector and the page", () => {
  const light = settingsOf("light");

  it("name the stack's addresses, moved by the port offset", () => {
    assert.deepEqual(light.ports, { page: 8700, loki: 4100, otlp: 5318 });
    assert.deepEqual(light.stores, { logs: "http://127.0.0.1:10428", metrics: "http://127.0.0.1:10090" });
    assert.deepEqual([light.brokers, light.registry], ["localhost:20092", "http://localhost:9081"]);
  });

  it("list every process with its labels and what it connects to", () => {
    const byName = new Map(light.processes.map((process) => [process.name, process]));
    assert.deepEqual(byName.get("wallet"), {
      name: "wallet",
      kind: "service",
      service: "wallet",
      version: "0.0.0-dev",
      uses: ["postgres", "redis", "kafka", "schema-registry", "observability"],
    });
    assert.deepEqual(byName.get("kafka")?.version, "4.1.0");
    for (const { uses, name } of light.processes)
      assert.deepEqual(
        uses.filter((used) => !byName.has(used)),
        [],
        `${name} uses processes that the stack has`,
      );
  });

  it("hold the eight dashboards (OBS-1)", () => assert.equal(light.dashboards.length, 8));

  it("hold no secret", () => assert.doesNotMatch(JSON.stringify(light), /postgresql:|redis:|app:app/));

  it("add Jaeger and Alertmanager in the full profile only (PIN-12)", () => {
    const full = settingsOf("full");
    assert.deepEqual(full.jaeger, { otlp: "http://127.0.0.1:15318", query: "http://127.0.0.1:17686" });
    assert.equal(full.alertmanager, "http://127.0.0.1:10093");
    const added = full.processes
      .map(({ name }) => name)
      .filter((name) => !light.processes.some((p) => p.name === name));
    assert.deepEqual(added, ["jaeger", "alertmanager"]);
    assert.deepEqual([light.jaeger, light.alertmanager], [undefined, undefined]);
  });
});
