/** As prom-client's registry asks for it. */
export interface CollectedMetric {
  name: string;
  help: string;
  type: "counter" | "histogram";
  aggregator: "sum";
  values: { metricName: string; labels: Record<string, string | number>; value: number }[];
}

/**
 * Counter and histogram that print as prom-client's do, in its registry. Theirs hash the labels
 * each time that they count: half a microsecond, and a small request counts three times. Here the
 * values of labels lead to a series through maps.
 */
abstract class LabelledMetric<Label extends string, Series> {
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly Label[];
  readonly #all: { labels: Record<string, string>; series: Series }[] = [];
  readonly #make: () => Series;
  readonly #root: SeriesTree<Series> | Series;

  constructor(name: string, help: string, labels: readonly Label[], make: () => Series) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
    this.#make = make;
    // Without labels there is one series, which is printed before anything was counted.
    this.#root = labels.length === 0 ? this.#added([]) : new Map();
  }

  abstract get(): Promise<CollectedMetric>;

  /** The series of these values, in the order of the labels. */
  labels(...values: string[]): Series {
    let found = this.#root;
    if (values.length !== this.#labels.length)
      throw new Error(`${this.name} has labels ${this.#labels.join(", ")}; ${values.length} were given`);
    for (let index = 0; index < values.length; index++) {
      const branch = found as SeriesTree<Series>;
      const next = branch.get(values[index] as string);
      if (next === undefined) return this.#grow(branch, values, index);
      found = next;
    }
    return found as Series;
  }

  protected seriesFor(labels: Record<Label, string>): Series {
    return this.labels(...this.#labels.map((name) => labels[name]));
  }

  protected collectSeries(
    work: (labels: Record<string, string>, series: Series) => CollectedMetric["values"],
  ): CollectedMetric["values"] {
    return this.#all.flatMap(({ labels, series }) => work(labels, series));
  }

  #grow(from: SeriesTree<Series>, values: readonly string[], index: number): Series {
    let branch = from;
    for (const value of values.slice(index, -1)) {
      const next: SeriesTree<Series> = new Map();
      branch.set(value, next);
      branch = next;
    }
    const series = this.#added(values);
    branch.set(values.at(-1) as string, series);
    return series;
  }

  #added(values: readonly string[]): Series {
    const series = this.#make();
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
  /** Observations up to each bound and above the one before; the last are those above all. */
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

  /** @param bounds of the buckets, rising */
  constructor(name: string, help: string, labels: readonly Label[], bounds: readonly number[]) {
    super(name, help, labels, () => new HistogramSeries(bounds));
  }

  observe(value: number): void {
    this.labels().observe(value);
  }

  /** Buckets hold what is up to their bound. */
  async get(): Promise<CollectedMetric> {
    const values = this.collectSeries((labels, { bounds, counts, sum }) => {
      let count = 0;
      const buckets = counts.map((own, index) => {
        count += own;
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
