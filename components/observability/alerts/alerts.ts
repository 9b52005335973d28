import type { AlertGroup } from "@plinth/local/page/model/alert.ts";
import type { ObservedService } from "../observed-service.ts";
import { burnRateAlerts } from "./burn-rate.ts";
import { serviceAlerts } from "./services.ts";

/** The alerts of the platform (OBS-1), as plain data that depends on nothing but the descriptors. */
export function createAlertGroups(services: readonly ObservedService[]): AlertGroup[] {
  return [serviceAlerts(services), ...burnRateAlerts(services)];
}
