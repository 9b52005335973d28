/** The shape that prom-client's registry collects. */
export interface CollectedMetric {
  name: string;
  help: string;
  type: "counter" | "histogram";
  aggregator: "sum";
  values: { metricName: string; labels: Record<string, string | number>; value: number }[];
}

/**
 * Base of a counter and a histogram that print as prom-client's do, in its registry. prom-client
 * hashes the labels with each count: 0.2 to 0.4 µs, and a small request counts three times. Here
 * maps lead from the labels' values to a series that counts without looking anything up.
 */
abstract class LabelledMetric<Label extends string, Series> {
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly Label[];
  readonly #all: { labels: Record<string, string>; series: Series }[] = [];
  readonly #createSeries: () => Series;
  readonly #root: SeriesTree<Series> | Series;

  constructor(name: string, help: string, labels: readonly Label[], createSeries: () => Series) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
    this.#createSeries = createSeries;
    // A metric without labels has one series, which prints before anything is counted.
    this.#root = labels.length === 0 ? this.#addSeries([]) : new Map();
  }

  abstract get(): Promise<CollectedMetric>;

  /**
   * The series of the values, which are in the order of the labels. @throws if their number differs
   */
  labels(...values: string[]): Series {
    let node = this.#root;
    if (values.length !== this.#labels.length)
      throw new Error(`${this.name} has labels ${this.#labels.join(", ")}; ${values.length} were given`);
    for (let index = 0; index < values.length; index++) {
      const branch = node as SeriesTree<Series>;
      const next = branch.get(values[index] as string);
      if (next === undefined) return this.#addBranch(branch, values, index);
      node = next;
    }
    return node as Series;
  }

  protected seriesFor(labels: Record<Label, string>): Series {
    return this.labels(...this.#labels.map((name) => labels[name]));
  }

  protected collectSeries(
    toValues: (labels: Record<string, string>, series: Series) => CollectedMetric["values"],
  ): CollectedMetric["values"] {
    return this.#all.flatMap(({ labels, series }) => toValues(labels, series));
  }

  #addBranch(from: SeriesTree<Series>, values: readonly string[], index: number): Series {
    let branch = from;
    for (const value of values.slice(index, -1)) {
      const next: SeriesTree<Series> = new Map();
      branch.set(value, next);
      branch = next;
    }
    const series = this.#addSeries(values);
    branch.set(values.at(-1) as string, series);
    return series;
  }

  #addSeries(values: readonly string[]): Series {
    const series = this.#createSeries();
    this.#all.push({
      labels: Object.fromEntries(this.#labels.map((name, index) => [name, values[index] ?? ""])),
      series,
    });
    return series;
  }
}

type SeriesTree<Series> = Map<string, SeriesTree<Series> | Series>;

export class CounterSeries {
  value = 0;

  inc(by = 1): void {
    if (!(by >= 0)) throw new Error(`A counter only grows: it cannot be changed by ${by}`);
    this.value += by;
  }
}

export class Counter<Label extends string = never> extends LabelledMetric<Label, CounterSeries> {
  readonly type = "counter";

  constructor(name: string, help: string, labels: readonly Label[]) {
    super(name, help, labels, () => new CounterSeries());
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

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    if (!Number.isFinite(value)) throw new Error(`A histogram cannot hold ${value}`);
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
  }
}

export class Histogram<Label extends string = never> extends LabelledMetric<Label, HistogramSeries> {
  readonly type = "histogram";

  /** @param bounds upper bounds of the buckets, in ascending order */
  constructor(name: string, help: string, labels: readonly Label[], bounds: readonly number[]) {
    super(name, help, labels, () => new HistogramSeries(bounds));
  }

  observe(value: number): void {
    this.labels().observe(value);
  }

  /** A printed bucket counts every observation up to its bound. */
  async get(): Promise<CollectedMetric> {
    const values = this.collectSeries((labels, { bounds, counts, sum }) => {
      let count = 0;
      const buckets = counts.map((inBucket, index) => {
        count += inBucket;
        return { metricName: `${this.name}_bucket`, labels: { le: bounds[index] ?? "+Inf", ...labels }, value: count };
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
