import type { TraceContext } from "../core/trace-context.ts";
import { type CollectedMetric, type Exemplar, LabelledMetric, type LabelledMetricSettings } from "./labelled-metric.ts";

export class CounterSeries {
  value = 0;

  inc(by = 1): void {
    if (!(by >= 0)) throw new Error(`A counter only grows: it cannot be changed by ${by}`);
    this.value += by;
  }
}

export class Counter<Label extends string = never> extends LabelledMetric<Label, CounterSeries> {
  readonly type = "counter";

  constructor(settings: LabelledMetricSettings<Label>) {
    super(settings, () => new CounterSeries());
  }

  inc(by?: number): void;
  inc(labels: Record<Label, string>, by?: number): void;
  inc(first?: number | Record<Label, string>, by?: number): void {
    if (typeof first === "object") this.seriesFor(first).inc(by);
    else this.labels().inc(first);
  }

  async get(): Promise<CollectedMetric> {
    const values = this.collectSeries((labels, { value }) => [{ metricName: this.name, labels, value }]);
    return { name: this.name, help: this.help, type: this.type, aggregator: "sum", values };
  }
}

export class HistogramSeries {
  readonly bounds: readonly number[];
  /** Observations up to each bound and above the one before; the last count is of the rest. */
  readonly counts: number[];
  sum = 0;
  /** The last one of each bucket. */
  exemplars: (Exemplar | undefined)[] | undefined;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** @param trace in which the value arose; if it is recorded, the bucket leads to it */
  observe(value: number, trace?: TraceContext): void {
    if (!Number.isFinite(value)) throw new Error(`A histogram cannot hold ${value}`);
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
    if (trace?.sampled === true) this.#keepExemplar(bucket, value, trace);
  }

  #keepExemplar(bucket: number, value: number, { traceId, spanId }: TraceContext): void {
    this.exemplars ??= new Array<Exemplar | undefined>(this.counts.length).fill(undefined);
    this.exemplars[bucket] = { traceId, spanId, value, timeMs: Date.now() };
  }
}

export class Histogram<Label extends string = never> extends LabelledMetric<Label, HistogramSeries> {
  readonly type = "histogram";

  /** @param bounds upper bounds of the buckets, in ascending order */
  constructor(settings: LabelledMetricSettings<Label>, bounds: readonly number[]) {
    super(settings, () => new HistogramSeries(bounds));
  }

  observe(value: number, trace?: TraceContext): void {
    this.labels().observe(value, trace);
  }

  /** A printed bucket counts every observation up to its bound. */
  async get(): Promise<CollectedMetric> {
    const values = this.collectSeries((labels, { bounds, counts, sum, exemplars }) => {
      let count = 0;
      const buckets = counts.map((inBucket, index) => {
        count += inBucket;
        return {
          metricName: `${this.name}_bucket`,
          labels: { le: bounds[index] ?? "+Inf", ...labels },
          value: count,
          exemplar: exemplars?.[index],
        };
      });
      return [
        ...buckets,
        { metricName: `${this.name}_sum`, labels, value: sum },
        { metricName: `${this.name}_count`, labels, value: count },
      ];
    });
    return { name: this.name, help: this.help, type: this.type, aggregator: "sum", values };
  }
}
