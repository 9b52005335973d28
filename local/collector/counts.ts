import { type Labels, metricText } from "../observability/exporters/exposition.ts";

/** Counts of the collector, with what each means. */
const HELP = {
  plinth_collector_lines_total: "Lines that were taken",
  plinth_collector_spans_total: "Spans that were taken, forwarded or dropped on the way to Jaeger",
  plinth_collector_cut_lines_total: "Lines of a console of which only the first part was kept",
  plinth_collector_dropped_total: "Lines and spans that were lost",
  plinth_collector_refused_total: "Lines and spans that their sender has to send again",
  plinth_collector_errors_total: "Failures of the collector's files",
  plinth_notifications_total: "Alerts that the webhook was told or not",
};

export type CountName = keyof typeof HELP;

/** Counts by name and labels, which a scrape prints. */
export class Counts {
  private readonly samples = new Map<string, { name: CountName; labels: Labels; value: number }>();

  /** @param labels few values each */
  add(name: CountName, labels: Labels = {}, amount = 1): void {
    const key = keyOf(name, labels);
    const sample = this.samples.get(key);
    if (sample) sample.value += amount;
    else this.samples.set(key, { name, labels, value: amount });
  }

  get(name: CountName, labels: Labels = {}): number {
    return this.samples.get(keyOf(name, labels))?.value ?? 0;
  }

  text(): string {
    const byName = Map.groupBy(this.samples.values(), ({ name }) => name);
    return [...byName]
      .map(([name, samples]) =>
        metricText(
          name,
          "counter",
          HELP[name],
          samples.map(({ labels, value }) => [labels, value] as const),
        ),
      )
      .join("");
  }
}

function keyOf(name: CountName, labels: Labels): string {
  return `${name} ${Object.values(labels).join(" ")}`;
}
