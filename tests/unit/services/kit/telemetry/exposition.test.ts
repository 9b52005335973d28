import assert from "node:assert/strict";
import { exposeMetrics } from "@plinth/kit/telemetry/exposition.ts";
import { defineMetrics } from "@plinth/kit/telemetry/metric-definition.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { parseOpenMetrics } from "../../../../support/kit/open-metrics.ts";

const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true };
const { jobs_total: jobs, job_seconds: seconds } = defineMetrics({
  jobs_total: { type: "counter", help: 'Jobs by "kind"\nand \\', labels: ["kind"] },
  job_seconds: { type: "histogram", help: "Time", unit: "seconds", labels: ["kind"], buckets: [0.1, 1] },
});

function filledMetrics(): Metrics {
  const metrics = createMetrics("shop", "1.2.3");
  metrics.counter(jobs).inc({ kind: 'a "quoted" \\ \n name' }, 2);
  const mail = metrics.histogram(seconds).labels("mail");
  mail.observe(0.05, { ...TRACE, sampled: false });
  mail.observe(0.5, { ...TRACE, traceId: "1".repeat(32) });
  mail.observe(0.7, TRACE);
  mail.observe(0.6, { ...TRACE, sampled: false });
  mail.observe(9, TRACE);
  return metrics;
}

describe("what a scraper gets (OBS-5)", () => {
  it("is Prometheus' text unless it prefers OpenMetrics", async () => {
    const metrics = filledMetrics();
    const plain = await metrics.registry.metrics();
    const stable = (text: string) => text.split("\n").filter((line) => /^(# \w+ )?jobs?_/.test(line));
    for (const accept of [
      undefined,
      "",
      "*/*",
      "text/plain;version=0.0.4;q=1,*/*;q=0.1",
      "application/openmetrics-text;q=0",
      "application/openmetrics-text;q=0.2, text/plain",
    ]) {
      const { contentType, body } = await exposeMetrics(metrics, accept);
      assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
      assert.deepEqual(stable(body), stable(plain));
      assert.doesNotMatch(body, /trace_id|# EOF/);
    }
    for (const accept of [PROMETHEUS, "application/openmetrics-text", "text/plain;q=0.3,Application/OpenMetrics-Text"])
      assert.match(
        (await exposeMetrics(metrics, accept)).contentType,
        /^application\/openmetrics-text; version=1\.0\.0; charset=utf-8$/,
      );
  });

  it("is well-formed OpenMetrics with the last recorded trace of each bucket", async () => {
    const { body } = await exposeMetrics(filledMetrics(), PROMETHEUS);
    const families = parseOpenMetrics(body);
    const { type, samples } = families.get("jobs")!;
    assert.equal(type, "counter");
    assert.deepEqual(
      samples.map(({ name, labels, value }) => [name, labels.kind, labels.service, value]),
      [["jobs_total", 'a "quoted" \\ \n name', "shop", 2]],
    );
    const buckets = families.get("job_seconds")!.samples.filter(({ name }) => name === "job_seconds_bucket");
    assert.deepEqual(
      buckets.map(({ labels, value, exemplar }) => [labels.le, value, exemplar?.labels, exemplar?.value]),
      [
        ["0.1", 1, undefined, undefined],
        ["1.0", 4, { trace_id: TRACE.traceId, span_id: TRACE.spanId }, 0.7],
        ["+Inf", 5, { trace_id: TRACE.traceId, span_id: TRACE.spanId }, 9],
      ],
    );
    assert.equal(families.get("job_seconds")!.unit, "seconds");
    assert.equal(families.get("process_cpu_seconds")?.type, "counter");
    assert.ok(families.has("nodejs_gc_duration_seconds"));
  });
});
