import type { Panel, PanelKind, PanelQuery, Unit } from "@plinth/local/page/model/dashboard.ts";

type NumberPanel = Omit<Panel, "kind" | "unit" | "queries" | "logs" | "traces">;

/** A panel of numbers. `queries` maps legends to expressions. */
export function numbers(
  kind: PanelKind,
  unit: Unit,
  queries: Readonly<Record<string, string>>,
  panel: NumberPanel,
): Panel {
  return { ...panel, kind, unit, queries: Object.entries(queries).map(([legend, expr]) => ({ legend, expr })) };
}

/**
 * The p50, p95 and p99 of a histogram, by `by`; a point of the p99 leads to the trace of a request.
 */
export function quantiles(histogram: string, by: readonly string[], panel: NumberPanel): Panel {
  const legend = by.map((label) => `{{${label}}}`).join(" ");
  return {
    ...panel,
    kind: "timeseries",
    unit: "seconds",
    queries: [0.5, 0.95, 0.99].map(
      (quantile): PanelQuery => ({
        expr: quantileOf(quantile, histogram, by),
        legend: `${legend} p${quantile * 100}`.trim(),
        ...(quantile === 0.99 && { exemplars: true }),
      }),
    ),
  };
}

/** @param histogram selector of its buckets */
export function quantileOf(quantile: number, histogram: string, by: readonly string[]): string {
  return `histogram_quantile(${quantile}, sum by (${[...by, "le"].join(", ")}) (rate(${histogram}[$__interval])))`;
}

export function ratePer(by: readonly string[], counter: string): string {
  return `sum by (${by.join(", ")}) (rate(${counter}[$__interval]))`;
}

/**
 * A rate that is 0 rather than absent while nothing was counted: a counter with labels has no
 * series before its first event.
 *
 * @param base selector of a metric that exists for every value of `by`
 */
export function ratePerOrZero(by: readonly string[], counter: string, base: string): string {
  return `${ratePer(by, counter)} or 0 * sum by (${by.join(", ")}) (${base})`;
}
