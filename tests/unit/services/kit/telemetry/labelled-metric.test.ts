import assert from "node:assert/strict";
import { defineMetrics } from "@plinth/kit/telemetry/metric-definition.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTenantMetrics } from "@plinth/kit/telemetry/tenant-metrics.ts";

const { orders_total: orders, order_seconds: seconds } = defineMetrics({
  orders_total: { type: "counter", help: "Orders", labels: ["currency"] },
  order_seconds: { type: "histogram", help: "Time", labels: ["currency"], maxSeries: 10 },
});

const labelsOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`^${name}\\{\\w+="([^"]*)".*\\} (\\d+)$`, "gm"))].map(([, value, count]) => [
    value,
    Number(count),
  ]);

describe("series of a metric", () => {
  it("are bounded whatever values a stranger sends, and the rest is counted as other (OBS-8)", async () => {
    const metrics = createMetrics("shop", "1");
    for (let sent = 0; sent < 10_000; sent++) {
      metrics.counter(orders).inc({ currency: `X${sent}` });
      metrics.histogram(seconds).labels(`X${sent}`).observe(1);
    }
    metrics.counter(orders).inc({ currency: "X7" });
    const text = await metrics.registry.metrics();
    const counted = labelsOf(text, "orders_total");
    assert.equal(counted.length, 1001);
    assert.deepEqual(counted.slice(-1), [["other", 9000]]);
    assert.deepEqual(counted[7], ["X7", 2]);
    assert.equal([...text.matchAll(/^order_seconds_count\{/gm)].length, 11);
    assert.deepEqual(
      new Map(labelsOf(text, "metric_series_refused_total") as [string, number][]),
      new Map([
        ["orders_total", 9000],
        ["order_seconds", 9990],
      ]),
    );
  });

  it("hold no memory for values that were refused", () => {
    const counter = createMetrics("shop", "1").counter(orders);
    for (let sent = 0; sent < 1001; sent++) counter.labels(`X${sent}`);
    const others = counter.labels("A");
    for (let sent = 0; sent < 1000; sent++) assert.equal(counter.labels(`Y${sent}`), others);
  });

  it("have neither an e-mail, a secret nor a long text as a label (OBS-8)", async () => {
    const metrics = createMetrics("shop", "1");
    for (const currency of ["ann@example.com", "token=hunter2", "x".repeat(201), "EUR"])
      metrics.counter(orders).inc({ currency });
    assert.deepEqual(labelsOf(await metrics.registry.metrics(), "orders_total"), [
      ["other", 3],
      ["EUR", 1],
    ]);
  });

  it("name as many tenants as are configured, and count the others together", async () => {
    for (const [maxTenants, expected] of [
      [2, ["1", "2", "other"]],
      [0, ["other"]],
    ] as const) {
      const metrics = createMetrics("shop", "1", { maxTenants });
      const count = createTenantMetrics(metrics);
      for (const tenant of [1, 2, 3, 1, 4]) count(tenant, "ok", 0.5);
      const text = await metrics.registry.metrics();
      assert.deepEqual(
        [...text.matchAll(/^tenant_requests_total\{tenant_id="(\w+)",outcome="ok".* (\d)$/gm)].map(([, id]) => id),
        expected,
      );
      const total = [...text.matchAll(/^tenant_request_seconds_total\{.* ([\d.]+)$/gm)].map(([, value]) =>
        Number(value),
      );
      assert.equal(
        total.reduce((sum, value) => sum + value),
        2.5,
      );
      assert.doesNotMatch(text, /^metric_series_refused_total\{/m);
    }
  });
});
