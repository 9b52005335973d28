import { collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import { kitMetrics } from "./contract.ts";
import type { MetricDefinition, MetricType } from "./metric-definition.ts";
import { Counter, Histogram } from "./prometheus-series.ts";

/**
 * The metrics of one service. `/metrics` prints `registry`. Asking for a definition twice returns
 * the same metric.
 */
export interface Metrics {
  registry: Registry;
  /** How many tenants have series of their own. */
  maxTenants: number;
  counter<Label extends string = never>(definition: MetricDefinition<"counter", Label>): Counter<Label>;
  /**
   * @param collect sets the gauge each time it is printed. @default none: the code that changes the
   * value sets it
   */
  gauge<Label extends string = never>(
    definition: MetricDefinition<"gauge", Label>,
    collect?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label>;
  histogram<Label extends string = never>(definition: MetricDefinition<"histogram", Label>): Histogram<Label>;
}

export interface MetricsSettings {
  /** Precedes the name of each metric that the service defines, such as `shop_`. @default none */
  prefix?: string | undefined;
  /** How many tenants have series of their own. @default 100 */
  maxTenants?: number | undefined;
}

/** Seconds, from 1 ms to 5 s. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/**
 * prom-client's gauges whose names end as counters' do: `rate` of them means nothing. Each is the
 * sum of the gauge without that ending, which has a series for each kind of handle.
 */
const MISNAMED_GAUGES = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

/**
 * Creates the metrics of a service, each labelled with its name and version. Each call has its own
 * registry, so that two services in one process do not mix.
 */
export function createMetrics(
  service: string,
  version: string,
  { prefix = "", maxTenants = 100 }: MetricsSettings = {},
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ service, version });
  // At the default precision the event loop would wake 100 times a second only to be measured.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  for (const name of MISNAMED_GAUGES) registry.removeSingleMetric(name);
  const getOrCreate = <M>({ name }: MetricDefinition, create: (printedName: string) => M): M =>
    (registry.getSingleMetric(prefix + name) as M | undefined) ?? create(prefix + name);
  /** The kit's metrics print as prom-client's do, which is all that the registry needs. */
  const register = <M>(metric: M): M => {
    registry.registerMetric(metric as unknown as Metric);
    return metric;
  };
  const refused = register(
    new Counter({
      ...kitMetrics.metric_series_refused_total,
      name: prefix + kitMetrics.metric_series_refused_total.name,
    }),
  );
  const settingsOf = <Label extends string>(definition: MetricDefinition<MetricType, Label>, name: string) => {
    const { help, labels = [], maxSeries } = definition;
    return { name, help, labels, maxSeries, onRefused: () => refused.labels(name).inc() };
  };
  return {
    registry,
    maxTenants,
    counter: (definition) => getOrCreate(definition, (name) => register(new Counter(settingsOf(definition, name)))),
    gauge<Label extends string>(definition: MetricDefinition<"gauge", Label>, collect?: (gauge: Gauge<Label>) => void) {
      const { help, labels = [] } = definition;
      const collected = collect && {
        collect(this: Gauge<Label>) {
          collect(this);
        },
      };
      return getOrCreate(
        definition,
        (name) => new Gauge<Label>({ name, help, labelNames: [...labels], registers, ...collected }),
      );
    },
    histogram: (definition) =>
      getOrCreate(definition, (name) =>
        register(new Histogram(settingsOf(definition, name), definition.buckets ?? DURATION_BUCKETS)),
      ),
  };
}
