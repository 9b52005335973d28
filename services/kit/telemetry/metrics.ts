import { collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import { Counter, Histogram } from "./prometheus-series.ts";

/**
 * The metrics of one service. `/metrics` prints `registry`. Asking for a name twice returns the
 * same metric.
 */
export interface Metrics {
  registry: Registry;
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  /**
   * @param collect sets the gauge each time it is printed. @default none: the code that changes the
   * value sets it
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

/** Seconds, from 1 ms to 5 s. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/**
 * Creates the metrics of a service, each labelled with its name and version. Each call has its own
 * registry, so that two services in one process do not mix.
 */
export function createMetrics(service: string, version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ service, version });
  // At the default precision the event loop would wake 100 times a second only to be measured.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const getOrCreate = <M>(name: string, create: () => M): M =>
    (registry.getSingleMetric(name) as M | undefined) ?? create();
  /** The kit's metrics print as prom-client's do, which is all that the registry needs. */
  const register = <M>(metric: M): M => {
    registry.registerMetric(metric as unknown as Metric);
    return metric;
  };
  return {
    registry,
    counter: (name, help, labels = []) => getOrCreate(name, () => register(new Counter(name, help, labels))),
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
      return getOrCreate(
        name,
        () => new Gauge<Label>({ name, help, labelNames: [...labels], registers, ...collected }),
      );
    },
    histogram: (name, help, labels = [], buckets = DURATION_BUCKETS) =>
      getOrCreate(name, () => register(new Histogram(name, help, labels, buckets))),
  };
}
