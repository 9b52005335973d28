import { collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import { Counter, Histogram } from "./prometheus-series.ts";

/**
 * The metrics of one service; `registry` is what `/metrics` prints. A name asked for twice gives
 * the same metric.
 */
export interface Metrics {
  registry: Registry;
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  /**
   * @param collect sets the gauge each time that it is printed. @default none: whoever changes what
   * it tells of sets it
   */
  gauge<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
    collect?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label>;
  /** @param buckets upper bounds. @default {@link DURATION_BUCKETS} */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
    buckets?: readonly number[],
  ): Histogram<Label>;
}

/** Durations from 1 ms to 5 s, as the field's dashboards expect them. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/**
 * Metrics of a service, with its name and version on each. Own registry, so that two in one process
 * do not mix.
 */
export function createMetrics(service: string, version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ service, version });
  // A sample each 100 ms: at the default precision the event loop wakes 100 times a second only to
  // be measured.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const known = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  /** A metric of ours prints as prom-client's do, which is all that the registry asks of it. */
  const registered = <M>(metric: M): M => {
    registry.registerMetric(metric as unknown as Metric);
    return metric;
  };
  return {
    registry,
    counter: (name, help, labels = []) => known(name, () => registered(new Counter(name, help, labels))),
    gauge<Label extends string>(
      name: string,
      help: string,
      labels: readonly Label[] = [],
      collect?: (gauge: Gauge<Label>) => void,
    ) {
      const collected = collect && {
        collect(this: Gauge<Label>) {
          collect(this);
        },
      };
      return known(name, () => new Gauge<Label>({ name, help, labelNames: [...labels], registers, ...collected }));
    },
    histogram: (name, help, labels = [], buckets = DURATION_BUCKETS) =>
      known(name, () => registered(new Histogram(name, help, labels, buckets))),
  };
}
