import assert from "node:assert/strict";
import { highloadMetrics } from "@plinth/highload/metrics.ts";
import { kitMetrics } from "@plinth/kit/telemetry/contract.ts";
import { exposeMetrics } from "@plinth/kit/telemetry/exposition.ts";
import type { MetricDefinition } from "@plinth/kit/telemetry/metric-definition.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { Counts } from "@plinth/local/collector/counts.ts";
import { KAFKA_DOWN } from "@plinth/local/observability/exporters/kafka-metrics.ts";
import { POSTGRES_DOWN } from "@plinth/local/observability/exporters/postgres-metrics.ts";
import { processMetricsText } from "@plinth/local/observability/exporters/process-metrics.ts";
import { RequestMetrics } from "@plinth/local/schema-registry/request-metrics.ts";
import type { ProcessStatus } from "@plinth/local/supervisor/protocol.ts";
import { walletMetrics } from "@plinth/wallet/metrics.ts";
import { checkMetrics } from "../../support/observability/promtool.ts";

/** A service's `/metrics` when each of its metrics has a sample. */
async function exposeAll(definitions: readonly MetricDefinition[]): Promise<string> {
  const metrics = createMetrics("shop", "1.2.3");
  for (const definition of definitions) {
    const values = (definition.labels ?? []).map(() => "x");
    const { type } = definition;
    if (type === "counter")
      metrics
        .counter(definition as MetricDefinition<"counter">)
        .labels(...values)
        .inc();
    else if (type === "histogram")
      metrics
        .histogram(definition as MetricDefinition<"histogram">)
        .labels(...values)
        .observe(1);
    else
      metrics
        .gauge(definition as MetricDefinition<"gauge">)
        .labels(...values)
        .set(1);
  }
  return (await exposeMetrics(metrics, undefined)).body;
}

function collectorText(): string {
  const counts = new Counts();
  for (const name of ["lines", "spans", "cut_lines", "dropped", "refused", "errors"] as const)
    counts.add(`plinth_collector_${name}_total`);
  counts.add("plinth_notifications_total");
  return counts.text();
}

const process = { name: "wallet", state: "ready", restarts: 1, pid: globalThis.process.pid } as ProcessStatus;

describe("names and types of metrics", function () {
  this.timeout(60_000);
  const expositions: Record<string, () => Promise<string> | string> = {
    "the kit's": () => exposeAll(Object.values<MetricDefinition>(kitMetrics)),
    "the wallet's": () => exposeAll(Object.values<MetricDefinition>(walletMetrics)),
    "highload's": () => exposeAll(Object.values<MetricDefinition>(highloadMetrics)),
    "the collector's": collectorText,
    "the exporters'": () => processMetricsText([process]) + KAFKA_DOWN + POSTGRES_DOWN,
    "the registry's": () => new RequestMetrics().toText(0),
  };
  for (const [whose, expose] of Object.entries(expositions))
    it(`keep Prometheus' rules: ${whose} (OBS-1)`, async () => {
      const text = await expose();
      assert.ok(text.includes("# TYPE"), text);
      assert.equal(checkMetrics(text), "");
    });
});
