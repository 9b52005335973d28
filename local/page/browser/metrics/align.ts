import type { Series } from "../../model/platform.ts";

/** Times and the values of each series at these times, as uPlot wants them. */
export type Aligned = [times: number[], ...values: (number | null)[][]];

/** Most lines of a panel: more cannot be told apart. */
export const MAX_SERIES = 30;

/** Series whose times differ get one list of times, with gaps where a series has no value. */
export function alignSeries(series: readonly Series[]): Aligned {
  const times = [...new Set(series.flatMap((each) => each.times))].sort((a, b) => a - b);
  const places = new Map(times.map((time, index) => [time, index]));
  const columns = series.map((each) => {
    const values = new Array<number | null>(times.length).fill(null);
    each.times.forEach((time, index) => {
      values[places.get(time)!] = each.values[index] ?? null;
    });
    return values;
  });
  return [times, ...columns];
}

/** The newest value; null where a series has none. */
export function lastValue({ values }: Series): number | null {
  for (let index = values.length - 1; index >= 0; index -= 1) {
    const value = values[index];
    if (value !== null && value !== undefined && !Number.isNaN(value)) return value;
  }
  return null;
}
