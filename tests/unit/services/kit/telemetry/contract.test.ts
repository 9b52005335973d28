import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kitMetrics } from "@plinth/kit/telemetry/contract.ts";
import type { MetricDefinition } from "@plinth/kit/telemetry/metric-definition.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { root } from "@plinth/local/locations.ts";
import { highloadMetrics } from "../../../../../services/highload/metrics.ts";
import { walletMetrics } from "../../../../../services/wallet/metrics.ts";

const definitions: MetricDefinition[] = Object.values(kitMetrics);
const all: MetricDefinition[] = [...definitions, ...Object.values(walletMetrics), ...Object.values(highloadMetrics)];

describe("the contract of a service's metrics (SHOP-4, PIN-9)", () => {
  it("names metrics and units as Prometheus does", () => {
    for (const { name, type, unit, help, labels = [] } of all) {
      assert.match(name, /^[a-z][a-z0-9_]*$/);
      assert.equal(name.endsWith("_total"), type === "counter", name);
      if (type === "histogram") assert.equal(unit, "seconds", name);
      if (unit !== undefined) assert.match(name, new RegExp(`_${unit}(_total)?$`));
      assert.doesNotMatch(help, /\.$|\n/, name);
      for (const label of labels) assert.match(label, /^[a-z][a-z0-9_]*$/);
    }
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  });

  it("is what the documentation says", () => {
    const page = readFileSync(join(root, "docs/services/telemetry.md"), "utf8");
    const rows = page
      .split("\n")
      .filter((line) => line.startsWith("| `") && / \| (counter|gauge|histogram) \| /.test(line));
    assert.deepEqual(rows, definitions.map(documentationRow));
  });

  it("has a setting for what precedes each name", async () => {
    const metrics = createMetrics("shop", "1", { prefix: "pinstack_" });
    for (const name of [
      "http_requests_total",
      "http_request_duration_seconds",
      "grpc_client_requests_total",
    ] as const) {
      const definition: MetricDefinition = kitMetrics[name];
      const labels = (definition.labels ?? []).map(() => "x");
      if (definition.type === "counter")
        metrics.counter(kitMetrics[name] as MetricDefinition<"counter">).labels(...labels);
      else metrics.histogram(kitMetrics[name] as MetricDefinition<"histogram">).labels(...labels);
    }
    const names = [...(await metrics.registry.metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
    assert.deepEqual(names.filter((name) => !/^(process|nodejs)_/.test(name)).sort(), [
      "pinstack_grpc_client_requests_total",
      "pinstack_http_request_duration_seconds",
      "pinstack_http_requests_total",
      "pinstack_metric_series_refused_total",
    ]);
  });
});

function documentationRow({ name, type, labels = [], help }: MetricDefinition): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`;
}
