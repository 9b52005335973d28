import type { PageSources } from "../../model/sources.ts";
import { metricRange, requiredText } from "../http/parameters.ts";
import type { Route } from "../http/router.ts";

export function createMetricRoutes({ metrics }: Pick<PageSources, "metrics">): Route[] {
  return [
    {
      method: "GET",
      path: "/api/metrics/range",
      handle: ({ query }) => {
        const { expr, from, to, step } = metricRange(query);
        return metrics.range(expr, from, to, step);
      },
    },
    {
      method: "GET",
      path: "/api/metrics/exemplars",
      handle: ({ query }) => {
        const { expr, from, to } = metricRange(query);
        return metrics.exemplars(expr, from, to);
      },
    },
    {
      method: "GET",
      path: "/api/metrics/labels",
      handle: ({ query }) => metrics.labelValues(requiredText(query, "label"), requiredText(query, "metric")),
    },
  ];
}
