import { Counter, collectDefaultMetrics, Gauge, Histogram, type PrometheusContentType, Registry } from "prom-client";
import type { Env } from "./env.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * The metrics that the platform's dashboards and alerts read, each labelled with the service's name and version;
 * `METRICS_PREFIX` begins their names. Labels take few values: no path and no id.
 */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics({ name: service, version, metricsPrefix, metricsTenants }: Env) {
  const registry = new Registry();
  // Only then do its histograms take exemplars; it prints either format.
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as unknown as PrometheusContentType);
  registry.setDefaultLabels({ service, version });
  collectDefaultMetrics({ register: registry, prefix: metricsPrefix });
  // Gauges whose names end as counters' do; each is the sum of the one without that ending.
  for (const what of ["handles", "requests", "resources"])
    registry.removeSingleMetric(`${metricsPrefix}nodejs_active_${what}_total`);
  const define = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) => ({
    name: metricsPrefix + name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  const counter = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Counter<Label>(define(name, help, labels));
  const histogram = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Histogram<Label>({ ...define(name, help, labels), buckets: SECONDS, enableExemplars: true });
  const tenantRequests = counter(
    "tenant_requests_total",
    "Requests of a tenant, by outcome: ok, refused or failed",
    "tenant_id",
    "outcome",
  );
  const tenantSeconds = counter("tenant_request_seconds_total", "Time spent on a tenant's requests", "tenant_id");
  const tenants = new Set<number>();
  return {
    /** The first `METRICS_TENANTS` tenants have series of their own; all others share one. */
    countForTenant(tenant: number, status: number, seconds: number): void {
      if (tenants.size < metricsTenants) tenants.add(tenant);
      const tenant_id = tenants.has(tenant) ? String(tenant) : "other";
      tenantRequests.inc({ tenant_id, outcome: status < 400 ? "ok" : status < 500 ? "refused" : "failed" });
      tenantSeconds.inc({ tenant_id }, seconds);
    },
    requests: counter("http_requests_total", "Requests answered", "method", "route", "status"),
    requestSeconds: histogram(
      "http_request_duration_seconds",
      "From the first byte of a request to the last of its answer",
      "method",
      "route",
      "status",
    ),
    consumed: counter("consumer_events_total", "Events handled: applied, duplicate or dead_letter", "topic", "result"),
    deadLetters: counter("consumer_dead_letters_total", "Events that a consumer group gave up", "topic", "group"),
    consumerSeconds: histogram("consumer_seconds", "Of one call of the handler", "topic"),
    consumerLag: new Gauge(define("consumer_lag", "Records not yet handled", ["topic", "partition"])),
    published: counter("bus_published_total", "Records that all in-sync replicas have", "topic"),
    publishFailures: counter("bus_publish_failures_total", "Requests to write records that failed"),
    publishSeconds: histogram("bus_publish_seconds", "From handing records in until all in-sync replicas have them"),
    spans: counter("tracing_spans_total", "Recorded spans: exported or failed", "result"),
    print: createPrinter(registry),
  };
}

/** A histogram's observation, with the ids of its span as its exemplar where that is recorded. */
export function observation<Label extends string>(
  labels: Record<Label, string | number>,
  seconds: number,
  exemplar: Record<string, string>,
) {
  // prom-client's type has the metric's labels here, not an exemplar's.
  return { labels, value: seconds, exemplarLabels: exemplar as Partial<Record<Label, string>> };
}

/** Prints the metrics; as OpenMetrics, with exemplars, for who asks for that. */
function createPrinter(registry: Registry) {
  let printing: Promise<unknown> = Promise.resolve();
  return (accept = ""): Promise<{ text: string; type: string }> => {
    const type = accept.includes("application/openmetrics-text")
      ? Registry.OPENMETRICS_CONTENT_TYPE
      : Registry.PROMETHEUS_CONTENT_TYPE;
    const print = async () => {
      const names = registry.getMetricsAsArray().map((metric) => [metric, metric.name] as const);
      registry.setContentType(type as unknown as PrometheusContentType);
      try {
        return { text: await registry.metrics(), type };
      } finally {
        // prom-client leaves counters without their _total, which the other format needs.
        for (const [metric, name] of names) metric.name = name;
      }
    };
    // One after the other: the registry has one format at a time.
    const printed = printing.then(print);
    printing = printed.catch(() => undefined);
    return printed;
  };
}
