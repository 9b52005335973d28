import assert from "node:assert/strict";
import { connect } from "node:net";
import { kitMetrics } from "@plinth/kit/telemetry/contract.ts";
import { DURATION_BUCKETS } from "@plinth/kit/telemetry/metrics.ts";
import { waitUntil } from "../../support/eventually.ts";
import { checkMetrics } from "../../support/observability/promtool.ts";
import { type PrintedMetric, parseExposition } from "./exposition.ts";
import { tenant } from "./http-contract.ts";
import { readsEvents } from "./languages.ts";
import type { RunningService } from "./running-service.ts";
import type { TemplateSubject } from "./subject.ts";

type KitMetric = keyof typeof kitMetrics;

export const METRICS_PREFIX = "pinstack_";
/** A trace that no other test uses: a service reads a topic from its beginning. */
export const TRACE = "0af7651916cd43dd8448eb211c80319c";
const HTTP_METRICS: KitMetric[] = [
  "http_requests_total",
  "http_request_duration_seconds",
  "tenant_requests_total",
  "tenant_request_seconds_total",
  "tracing_spans_total",
];
const EVENT_METRICS: KitMetric[] = [
  "bus_published_total",
  "bus_publish_failures_total",
  "bus_publish_seconds",
  "consumer_events_total",
  "consumer_dead_letters_total",
  "consumer_seconds",
  "consumer_lag",
];
/** Has no sample before the first record that cannot be read. */
const WITHOUT_SAMPLE: KitMetric = "consumer_dead_letters_total";

/** Part of the telemetry's contract; `service` has published a notice in {@link TRACE}. */
export function metricsContract(at: TemplateSubject, service: () => RunningService, name: string): void {
  const scrape = async () => parseExposition((await service().call("GET", "/metrics")).text);

  it("prints the contract's metrics, with its types, labels and buckets, after METRICS_PREFIX (OBS-5, PIN-9)", async () => {
    const expected = readsEvents(at.built.language) ? [...HTTP_METRICS, ...EVENT_METRICS] : HTTP_METRICS;
    const sampled = expected.filter((metric) => metric !== WITHOUT_SAMPLE);
    await waitUntil("every metric has a sample", async () => {
      const printed = await scrape();
      return sampled.every((metric) => printed.get(METRICS_PREFIX + metric)?.samples.length);
    });
    const printed = await scrape();
    for (const metric of printed.keys()) assert.ok(metric.startsWith(METRICS_PREFIX), metric);
    for (const metric of expected) assertAsDefined(metric, printed.get(METRICS_PREFIX + metric)!, name);
  });

  it("keeps Prometheus' rules for names and types (OBS-1)", async () => {
    assert.equal(checkMetrics((await service().call("GET", "/metrics")).text), "");
  });

  it("prints the trace of a slow request as an exemplar for who asks for OpenMetrics (OBS-5)", async function () {
    // PHP has no client that could.
    if (at.built.language === "php") return this.skip();
    const headers = { accept: "application/openmetrics-text; version=1.0.0" };
    const { text, headers: answer } = await service().call("GET", "/metrics", { headers });
    assert.match(String(answer["content-type"]), /^application\/openmetrics-text/);
    const bucket = `${METRICS_PREFIX}http_request_duration_seconds_bucket`;
    assert.match(text, new RegExp(`^${bucket}{.*} \\S+ # {(?=.*span_id="[0-9a-f]{16}").*trace_id="${TRACE}"`, "m"));
    assert.match(text, /# EOF\n$/);
    // One format leaves the other as it was.
    assert.ok((await scrape()).has(`${METRICS_PREFIX}http_requests_total`));
  });

  it("keeps the number of series whatever paths and methods a client invents (OBS-5)", async () => {
    const invent = async (from: number) => {
      for (let n = from; n < from + 20; n++) {
        await service().call("GET", `/nowhere/${n}`, { headers: tenant });
        // Node refuses to send or to read a method that it does not know.
        await sendRequestLine(service().port, `ODD${n} /nowhere`);
      }
      for (const odd of ["OPTIONS *", "GET //nowhere//", "GET /%2e%2e/nowhere"])
        await sendRequestLine(service().port, odd);
      return (await scrape()).get(`${METRICS_PREFIX}http_requests_total`)!.samples;
    };
    const before = await invent(0);
    const after = await invent(100);
    assert.equal(after.length, before.length);
    assert.ok(after.some(({ labels }) => labels.route === "none" && labels.status === "404"));
    assert.doesNotMatch(JSON.stringify(after), /nowhere|ODD/);
    assert.doesNotMatch(service().out + service().err, /panic|Traceback/);
  });
}

function assertAsDefined(metric: KitMetric, { type, samples }: PrintedMetric, service: string): void {
  const definition: { type: string; labels?: readonly string[] } = kitMetrics[metric];
  assert.equal(type, definition.type, metric);
  const labels = ["service", "version", ...(definition.labels ?? [])];
  for (const sample of samples) {
    const expected = sample.name.endsWith("_bucket") ? [...labels, "le"] : labels;
    assert.deepEqual(Object.keys(sample.labels).sort(), expected.sort(), metric);
    assert.deepEqual([sample.labels.service, sample.labels.version], [service, "1.2.3"]);
  }
  if (type !== "histogram") return;
  const bounds = new Set(samples.flatMap((sample) => sample.labels.le ?? []));
  assert.deepEqual([...bounds], [...DURATION_BUCKETS.map(String), "+Inf"], metric);
}

/** Resolves when the service has closed the connection. */
function sendRequestLine(port: number, line: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1", () =>
    socket.end(`${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`),
  );
  socket
    .on("error", reject)
    .on("close", () => resolve())
    .resume();
  return promise;
}
