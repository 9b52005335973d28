import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The metrics of one service; `registry` is what `/metrics` prints. */
export interface Telemetry {
  registry: Registry;
  /** Seconds from the first byte of a request to the last of its answer, by route pattern (never by path: ids would multiply it). */
  httpDuration: Histogram<"method" | "route" | "status">;
  /** Rows that wait in the outbox. Above a few thousand for minutes: the broker or the relay is in trouble. */
  outboxBacklog: Gauge;
  outboxPublished: Counter<"topic">;
  outboxFailures: Counter;
  /** Events handled, by what came of them. */
  consumed: Counter<"topic" | "result">;
  /** Records of a partition that are not handled yet. */
  consumerLag: Gauge<"topic" | "partition">;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Metrics of a service, with its name and version on each. Own registry, so that two in one process do not mix. */
export function createTelemetry(service: string, version: string): Telemetry {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ service, version });
  // A sample each 100 ms: at the default precision the event loop wakes 100 times a second only to be measured.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  return {
    registry,
    httpDuration: new Histogram({
      name: "http_request_duration_seconds",
      help: "Duration of HTTP requests",
      labelNames: ["method", "route", "status"],
      buckets: SECONDS,
      registers,
    }),
    outboxBacklog: new Gauge({ name: "outbox_backlog", help: "Events not yet published", registers }),
    outboxPublished: new Counter({
      name: "outbox_published_total",
      help: "Events acknowledged by the broker",
      labelNames: ["topic"],
      registers,
    }),
    outboxFailures: new Counter({ name: "outbox_publish_failures_total", help: "Attempts to publish that failed", registers }),
    consumed: new Counter({
      name: "consumer_events_total",
      help: "Events handled: applied, duplicate or dead_letter",
      labelNames: ["topic", "result"],
      registers,
    }),
    consumerLag: new Gauge({ name: "consumer_lag", help: "Records not yet handled", labelNames: ["topic", "partition"], registers }),
  };
}
