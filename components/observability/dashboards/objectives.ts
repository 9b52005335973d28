import type { Panel } from "@plinth/local/page/model/dashboard.ts";
import { availabilityErrors, latencyErrors, rounded } from "../alerts/burn-rate.ts";
import type { ObservedService } from "../observed-service.ts";
import { resolveSlo, SLO_DAYS } from "../slo.ts";
import { numbers } from "./panel.ts";

/** What is left of each service's error budgets, and how fast they are spent. */
export function objectivePanels(services: readonly ObservedService[]): Panel[] {
  const remaining = services.flatMap((service) => {
    const { availability, latency } = resolveSlo(service.slo);
    return [
      [
        `${service.name} availability ${availability} %`,
        left(availabilityErrors(service, `${SLO_DAYS}d`), 1 - availability / 100),
      ],
      [`${service.name} within ${latency.ms} ms`, left(latencyErrors(service, `${SLO_DAYS}d`), 1 - latency.ratio)],
    ];
  });
  const burnt = services.flatMap((service) => {
    const { availability, latency } = resolveSlo(service.slo);
    return [
      [`${service.name} availability`, `${availabilityErrors(service, "1h")} / ${rounded(1 - availability / 100)}`],
      [`${service.name} latency`, `${latencyErrors(service, "1h")} / ${rounded(1 - latency.ratio)}`],
    ];
  });
  return [
    numbers("bars", "ratio", Object.fromEntries(remaining), {
      title: "Error budget left",
      description: `Share of the budget of ${SLO_DAYS} days. Below 0, ship nothing but fixes until it recovers.`,
      threshold: 0,
      bad: "below",
    }),
    numbers("timeseries", "none", Object.fromEntries(burnt), {
      title: "Burn rate of the last hour",
      description: "1 spends the budget in exactly its days. Above 14.4 an alert fires: see its runbook.",
      threshold: 14.4,
    }),
  ];
}

function left(errors: string, budget: number): string {
  return `1 - ${errors} / ${rounded(budget)}`;
}
