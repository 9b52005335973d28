import { defineMetrics } from "@plinth/kit/telemetry/metric-definition.ts";
import type { Metrics } from "@plinth/kit/telemetry/metrics.ts";

/** Business metrics, counted after the commit. */
export const highloadMetrics = defineMetrics({
  highload_users_created_total: { type: "counter", help: "Users registered" },
  highload_events_created_total: { type: "counter", help: "Events taken from users" },
});

export type HighloadMetrics = ReturnType<typeof createHighloadMetrics>;

export function createHighloadMetrics(metrics: Metrics) {
  return {
    usersCreated: metrics.counter(highloadMetrics.highload_users_created_total),
    eventsCreated: metrics.counter(highloadMetrics.highload_events_created_total),
  };
}
