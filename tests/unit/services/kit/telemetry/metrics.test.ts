import assert from "node:assert/strict";
import { defineMetrics } from "@plinth/kit/telemetry/metric-definition.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { Counter, Histogram, Registry } from "prom-client";

const { a_total: events, queue_length: length } = defineMetrics({
  a_total: { type: "counter", help: "A", labels: ["x"] },
  queue_length: { type: "gauge", help: "Waiting" },
});

describe("metrics of a service (SHOP-4, SDG-7)", () => {
  it("print labels, buckets and sums as prom-client's do", async () => {
    const ours = createMetrics("shop", "1.2.3");
    const theirs = new Registry();
    theirs.setDefaultLabels({ service: "shop", version: "1.2.3" });
    const registers = [theirs];
    const buckets = [0.1, 0.5, 1];
    const pairs = [
      [
        ours.counter({ name: "jobs_total", type: "counter", help: "Jobs", labels: ["kind", "result"] }),
        new Counter({ name: "jobs_total", help: "Jobs", labelNames: ["kind", "result"], registers }),
      ],
      [
        ours.histogram({ name: "job_seconds", type: "histogram", help: "Time\nof jobs", labels: ["kind"], buckets }),
        new Histogram({ name: "job_seconds", help: "Time\nof jobs", labelNames: ["kind"], buckets, registers }),
      ],
      [
        ours.counter({ name: "plain_total", type: "counter", help: "Plain" }),
        new Counter({ name: "plain_total", help: "Plain", registers }),
      ],
      [
        ours.histogram({ name: "plain_seconds", type: "histogram", help: "Plain", buckets }),
        new Histogram({ name: "plain_seconds", help: "Plain", buckets, registers }),
      ],
    ] as const;
    for (const [jobs, seconds] of [
      [pairs[0][0], pairs[1][0]],
      [pairs[0][1], pairs[1][1]],
    ] as const) {
      jobs.labels("mail", "ok").inc();
      jobs.labels("mail", "ok").inc(2.5);
      jobs.inc({ result: "failed", kind: 'a "quoted" \\ name' });
      jobs.inc({ kind: "mail", result: "ok" }, 0);
      for (const value of [0, 0.05, 0.1, 0.1000001, 0.5, 0.75, 1, 30]) seconds.labels("mail").observe(value);
      seconds.labels("page").observe(0.3);
    }
    for (const plain of [pairs[3][0], pairs[3][1]]) plain.observe(0.2);
    const own = (await ours.registry.metrics())
      .split("\n\n")
      .filter((block) => /^# HELP (jobs|job|plain)_/.test(block));
    // Labels are a set.
    const sorted = (text: string) =>
      text.trim().replace(/\{(.*)\}/g, (_, labels: string) => `{${labels.split(",").sort().join(",")}}`);
    assert.equal(sorted(own.join("\n\n")), sorted(await theirs.metrics()));
    assert.deepEqual(
      (await ours.registry.getMetricsAsJSON())
        .filter(({ name }) => name === "plain_total")
        .map(({ values }) => values[0]?.value),
      [0],
      "what was never counted is printed as 0",
    );
  });

  it("return the same metric for the same name", async () => {
    const metrics = createMetrics("shop", "1");
    metrics.counter(events).inc({ x: "1" });
    metrics.counter(events).inc({ x: "1" });
    metrics.gauge(length).set(4);
    assert.match(await metrics.registry.metrics(), /a_total\{x="1",service="shop",version="1"\} 2\n/);
    assert.equal(metrics.gauge(length), metrics.gauge(length));
    assert.notEqual(createMetrics("other", "1").counter(events), metrics.counter(events));
  });

  it("read a gauge's source each time they are printed", async () => {
    const metrics = createMetrics("shop", "1");
    let waiting = 3;
    metrics.gauge(length, (gauge) => gauge.set(waiting));
    assert.match(await metrics.registry.metrics(), /queue_length\{.*\} 3\n/);
    waiting = 5;
    assert.match(await metrics.registry.metrics(), /queue_length\{.*\} 5\n/);
  });

  it("include the process and its event loop", async () => {
    const text = await createMetrics("shop", "1").registry.metrics();
    for (const name of [
      "process_resident_memory_bytes",
      "process_cpu_seconds_total",
      "nodejs_eventloop_lag_p99_seconds",
      "nodejs_heap_size_used_bytes",
    ]) {
      assert.match(text, new RegExp(`^${name}\\{service="shop",version="1"`, "m"));
    }
  });

  it("refuse values that they cannot count", () => {
    const metrics = createMetrics("shop", "1");
    assert.throws(() => metrics.counter(events).labels("1").inc(-1), /only grows/);
    assert.throws(() => metrics.counter(events).labels(), /a_total has labels x; 0 were given/);
    assert.throws(
      () => metrics.histogram({ name: "c_seconds", type: "histogram", help: "C" }).observe(Number.NaN),
      /cannot hold NaN/,
    );
  });
});
