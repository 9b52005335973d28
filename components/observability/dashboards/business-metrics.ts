import type { Dashboard, DashboardRow } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { selector } from "../promql.ts";
import { numbers } from "./panel.ts";

/**
 * What the business does, from the counters that descriptors declare (SHOP-4): a new service adds a
 * row without a change here.
 */
export function businessMetrics(services: readonly ObservedService[]): Dashboard {
  return {
    id: "business-metrics",
    title: "Business Metrics",
    description: "What users do, by the counters that each service declares as `business` in its plinth.json.",
    variables: [],
    rows: services.flatMap(serviceRow),
  };
}

function serviceRow({ name, metricsPrefix = "", business = [] }: ObservedService): DashboardRow[] {
  if (business.length === 0) return [];
  const panels = business.map(({ metric, title, unit = "events" }) => {
    const counter = selector(`${metricsPrefix}${metric}`, `service="${name}"`);
    const money = unit === "cents";
    return numbers(
      "timeseries",
      money ? "cents" : "events/s",
      { [title]: money ? `sum(increase(${counter}[$__interval]))` : `sum(rate(${counter}[$__interval]))` },
      {
        title,
        description: money
          ? "Cents in each interval. Compare with the same hour of yesterday; a gap is a fault that no alert knows."
          : "Events a second. Compare with the same hour of yesterday; a gap is a fault that no alert knows.",
        width: 8,
      },
    );
  });
  const totals = Object.fromEntries(
    business.map(({ metric, title }) => [
      title,
      `sum(increase(${selector(`${metricsPrefix}${metric}`, `service="${name}"`)}[1d]))`,
    ]),
  );
  const today = numbers("bars", "none", totals, {
    title: `Last 24 hours of ${name}`,
    description: "Totals of a day; money is in cents. A total far below yesterday's needs a look at Error Tracking.",
    width: 24,
  });
  return [{ title: name, panels: [today, ...panels] }];
}
