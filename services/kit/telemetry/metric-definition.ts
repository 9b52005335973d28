export type MetricType = "counter" | "gauge" | "histogram";

/** What a metric is, apart from its values. */
export interface MetricDefinition<Type extends MetricType = MetricType, Label extends string = string> {
  /** As Prometheus names it: the subject first, `_total` for counters, the unit before that. */
  readonly name: string;
  readonly type: Type;
  /** A phrase without a period. */
  readonly help: string;
  /** Its name ends with it, or with it and `_total`. @default none: it counts things */
  readonly unit?: "seconds" | "cents";
  /** Each has few values. @default none */
  readonly labels?: readonly Label[];
  /** Upper bounds of a histogram, in ascending order. @default `DURATION_BUCKETS` */
  readonly buckets?: readonly number[];
  /** Series beyond it count as one, whose labels are `other`. @default 1000 */
  readonly maxSeries?: number;
}

/**
 * Completes definitions by their names, so that each name is written once.
 *
 * @example
 * export const shopMetrics = defineMetrics({
 *   shop_orders_total: { type: "counter", help: "Orders placed", labels: ["currency"] },
 * });
 */
export function defineMetrics<const Definitions extends Record<string, Omit<MetricDefinition, "name">>>(
  definitions: Definitions,
): { readonly [Name in keyof Definitions & string]: Definitions[Name] & { readonly name: Name } } {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, { name, ...definition }]),
  ) as never;
}
