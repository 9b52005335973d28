import assert from "node:assert/strict";
import { PrometheusAlerts } from "@plinth/local/page/sources/metrics/alert-source.ts";
import { PrometheusSource } from "@plinth/local/page/sources/metrics/prometheus-source.ts";
import { eventually } from "../../../../../support/eventually.ts";
import { startFakeStore } from "../../../../../support/page/fake-store.ts";
import { startMetricStore } from "../../../../../support/servers/metric-store.ts";
import type { Server } from "../../../../../support/servers/servers.ts";

const RULES = {
  groups: [
    {
      name: "services",
      rules: [
        {
          alert: "ServiceDown",
          expr: "broken == 1",
          labels: { severity: "critical" },
          annotations: {
            summary: "{{ $labels.service }} is down for {{ $value }}",
            action: "Look at its console",
            runbook: "service-down",
          },
        },
      ],
    },
  ],
};

describe("metrics and alerts of a VictoriaMetrics", () => {
  let metrics: Server;
  let source: PrometheusSource;

  before(async () => {
    metrics = (await startMetricStore(RULES)).metrics;
    source = new PrometheusSource(metrics.url);
  });

  /** Samples of now and the last seconds, in Prometheus' text format. */
  async function write(...samples: string[]): Promise<void> {
    const answer = await fetch(`${metrics.url}/api/v1/import/prometheus`, { method: "POST", body: samples.join("\n") });
    assert.ok(answer.ok);
  }

  it("reads series with gaps, and values of labels (OBS-3)", async () => {
    const now = Math.floor(Date.now() / 1000);
    await write(
      `requests_total{service="wallet"} 1 ${(now - 30) * 1000}`,
      `requests_total{service="wallet"} 2 ${(now - 10) * 1000}`,
      `requests_total{service="other"} 5 ${(now - 10) * 1000}`,
    );
    // A new series is found some seconds after its first sample.
    const findSamples = async () => {
      const found = await source.range('requests_total{service="wallet"}', now - 30, now, 10);
      return found.length > 0 && found;
    };
    const [wallet] = await eventually("samples are found", findSamples, 40);
    assert.deepEqual([wallet!.name, wallet!.labels], ["requests_total", { service: "wallet" }]);
    assert.deepEqual([wallet!.values[0], wallet!.values.at(-1)], [1, 2]);
    assert.deepEqual(await source.labelValues("service", "requests_total"), ["other", "wallet"]);
    const [zero] = await source.range("vector(1) / 0", now - 10, now, 10);
    assert.deepEqual(zero!.values, [null, null]);
  });

  it("refuses a malformed expression, label or metric in one sentence, and says when it is away (OBS-3)", async () => {
    await assert.rejects(source.range("sum(", 0, 10, 1), {
      status: 400,
      message: /^The metric store refused the query: /,
    });
    await assert.rejects(source.labelValues('a"} or up{', "up"), { status: 400 });
    await assert.rejects(source.labelValues("service", 'up{service="x"} or secret'), { status: 400 });
    const away = new PrometheusSource("http://127.0.0.1:1");
    await assert.rejects(away.range("up", 0, 10, 1), {
      status: 503,
      message: /^The metric store on \S+ does not answer: /,
    });
  });

  it("shows an alert while it fires, and that it was resolved (OBS-3)", async () => {
    const alerts = new PrometheusAlerts(source);
    await write('broken{service="wallet"} 1');
    const firing = await eventually(
      "the alert fires",
      async () => (await alerts.list()).find(({ state }) => state === "firing"),
      20,
    );
    assert.deepEqual(
      { ...firing, since: "" },
      {
        ...{ name: "ServiceDown", severity: "critical", state: "firing", labels: { service: "wallet" }, since: "" },
        ...{ summary: "wallet is down for 1", action: "Look at its console", runbook: "service-down" },
      },
    );
    await write('broken{service="wallet"} 0');
    const resolved = await eventually(
      "the alert is resolved",
      async () => (await alerts.list()).find(({ state }) => state === "resolved"),
      30,
    );
    assert.deepEqual([resolved.name, resolved.summary], ["ServiceDown", "wallet is down for …"]);
    assert.ok(Date.parse(resolved.resolvedAt!) >= Date.parse(resolved.since));
  });

  it("reads the exemplars that a Prometheus keeps", async () => {
    const found = [
      {
        seriesLabels: { service: "wallet" },
        exemplars: [
          { labels: { trace_id: "ab".repeat(16) }, value: "0.25", timestamp: 1000.5 },
          { labels: {}, value: "1", timestamp: 1001 },
        ],
      },
    ];
    const store = await startFakeStore(() => ({ body: { status: "success", data: found } }));
    assert.deepEqual(await new PrometheusSource(store.url).exemplars("x", 1000, 2000), [
      { time: 1000.5, value: 0.25, traceId: "ab".repeat(16), labels: { service: "wallet" } },
    ]);
    assert.equal(store.requests[0]!.path, "/api/v1/query_exemplars");
    store.close();
  });

  it("ends a query that the store does not answer", async () => {
    const store = await startFakeStore(() => "hang");
    await assert.rejects(new PrometheusSource(store.url, 300).range("up", 0, 10, 1), {
      status: 503,
      message: /300 ms/,
    });
    store.close();
  });
});
