import type { AlertGroup, AlertRule } from "@plinth/local/page/model/alert.ts";
import type { ObservedService } from "../observed-service.ts";
import { burnRateAlerts } from "./burn-rate.ts";
import { databaseAlerts } from "./database.ts";
import { eventAlerts } from "./events.ts";
import { serviceAlerts } from "./services.ts";
import { telemetryAlerts } from "./telemetry.ts";
import { type AlertTiming, clusterTiming } from "./timing.ts";

/**
 * The alerts of the platform (OBS-1), as plain data that depends on nothing but the services'
 * descriptors and the timing.
 *
 * @param timing `localTiming` on one machine. @default {@link clusterTiming}
 */
export function createAlertGroups(
  services: readonly ObservedService[],
  timing: AlertTiming = clusterTiming,
): AlertGroup[] {
  const groups = [
    serviceAlerts(services, timing),
    eventAlerts(services, timing),
    databaseAlerts(timing),
    telemetryAlerts(services, timing),
    ...burnRateAlerts(services),
  ];
  return groups.map((group) => ({ ...group, rules: group.rules.map((rule) => shorten(rule, timing)) }));
}

function shorten(rule: AlertRule, { maxForSeconds }: AlertTiming): AlertRule {
  return toSeconds(rule.for) > maxForSeconds ? { ...rule, for: `${maxForSeconds}s` } : rule;
}

/** @param duration whole seconds or minutes, such as `2m` */
function toSeconds(duration: string): number {
  return Number.parseInt(duration, 10) * (duration.endsWith("m") ? 60 : 1);
}
